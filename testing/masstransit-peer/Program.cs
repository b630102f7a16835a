// `dotnet peer.dll consume|publish|fault --url amqp://… …`: see README.md. Stdout carries JSON lines and nothing else.

using System.Runtime.InteropServices;
using MassTransitPeer;

const int Done = 0, Failed = 1, GaveUp = 2, WrongCall = 64;

// MassTransit reports its use to its makers unless told not to; a test calls nobody.
Environment.SetEnvironmentVariable("MASSTRANSIT_USAGE_TELEMETRY", "false");

using var stop = new CancellationTokenSource();
using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, "SIGTERM"));
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, "SIGINT"));
var reason = "out of time";

try
{
    var options = Options.Parse(args);
    stop.CancelAfter(options.Time);
    await Run(options);
    return Done;
}
catch (WrongCallException error)
{
    Console.Error.WriteLine(error.Message);
    return WrongCall;
}
catch (Exception) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine($"gave up: {reason}");
    return GaveUp;
}
catch (FormatException error)
{
    Console.Error.WriteLine(error.Message);
    return Failed;
}
catch (Exception error)
{
    Console.Error.WriteLine(error);
    return Failed;
}

Task Run(Options options) => options.Command switch
{
    "consume" => Receive.Run(options, throws: false, stop.Token),
    "fault" => Receive.Run(options, throws: true, stop.Token),
    "publish" => Publish.Run(options, stop.Token),
    _ => throw new WrongCallException($"unknown command {options.Command}: expected consume, publish or fault"),
};

void Stop(PosixSignalContext signal, string name)
{
    signal.Cancel = true;
    reason = name;
    stop.Cancel();
}
