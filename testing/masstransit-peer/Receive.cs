using System.Globalization;
using Integration.Events.Messaging;
using Integration.Users.Messaging.Messages;
using MassTransit;

namespace MassTransitPeer;

/// <summary>
/// A receive endpoint on one queue. Each message that its consumer ends with becomes one line, written before it is
/// acknowledged. After --count lines the endpoint stops; messages that it holds beyond them go back to the queue.
/// </summary>
public static class Receive
{
    public static async Task Run(Options options, bool throws, CancellationToken stop)
    {
        var written = new Countdown(options.Count);
        var bus = await RabbitMq.Start(options.Url, rabbit =>
        {
            rabbit.ConnectReceiveObserver(new RefusalsToStandardError());
            rabbit.ReceiveEndpoint(options.Queue, endpoint => Configure(endpoint, options, written, throws));
        }, stop);
        Console.Error.WriteLine("ready");
        await written.AllOf(stop);
        await Stop(bus);
    }

    // The stop waits for consumers, and those beyond the count wait for ever: when its time is up, their messages are still
    // unacknowledged, and RabbitMQ puts them back as the connection closes.
    private static async Task Stop(IBusControl bus)
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await bus.StopAsync(enough.Token);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }
    }

    private static void Configure(
        IReceiveEndpointConfigurator endpoint, Options options, Countdown written, bool throws)
    {
        endpoint.PrefetchCount = options.Prefetch;
        endpoint.ConcurrentMessageLimit = options.Concurrency;
        endpoint.UseMessageRetry(retry => retry.Intervals(500, 1000));
        foreach (var type in options.Types) AddConsumer(endpoint, type, written, throws);
    }

    private static void AddConsumer(IReceiveEndpointConfigurator endpoint, string type, Countdown written, bool throws)
    {
        switch (type)
        {
            case nameof(EventUpserted): endpoint.Consumer(() => new Consumer<EventUpserted>(ToLine, written, throws)); break;
            case nameof(UserUpserted): endpoint.Consumer(() => new Consumer<UserUpserted>(ToLine, written, throws)); break;
            default: throw new WrongCallException($"unknown message type {type}");
        }
    }

    private static object ToLine(EventUpserted message) => new
    {
        message.Id,
        message.EventName,
        StartDate = message.StartDate.ToString("o"),
        EndDate = message.EndDate.ToString("o"),
        Venue = (int)message.Venue,
        Price = message.Price.ToString(CultureInfo.InvariantCulture),
    };

    private static object ToLine(UserUpserted message) => message;
}

public class Consumer<T>(Func<T, object> toLine, Countdown written, bool throws) : IConsumer<T> where T : class
{
    private const int Retries = 2;

    public async Task Consume(ConsumeContext<T> context)
    {
        var isLastAttempt = !throws || context.GetRetryAttempt() == Retries;
        if (isLastAttempt && !written.Take()) await Task.Delay(Timeout.Infinite);
        if (isLastAttempt) Write(context);
        if (throws) throw new InvalidOperationException("The peer was told to fail");
    }

    private void Write(ConsumeContext<T> context)
    {
        JsonLine.Write(new
        {
            Type = typeof(T).Name,
            context.MessageId,
            context.ConversationId,
            SentTime = context.SentTime?.ToString("o"),
            Headers = context.Headers.GetAll().ToDictionary(header => header.Key, header => header.Value),
            Message = toLine(context.Message),
        });
        written.Done();
    }
}

/// <summary>Lets as many take their turn as were asked for, and tells when all of these are done.</summary>
public class Countdown(int count)
{
    private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int toTake = count;
    private int toDo = count;

    public bool Take() => Interlocked.Decrement(ref toTake) >= 0;

    public void Done()
    {
        if (Interlocked.Decrement(ref toDo) == 0) all.TrySetResult();
    }

    public Task AllOf(CancellationToken stop) => all.Task.WaitAsync(stop);
}

/// <summary>A message that MassTransit itself refuses reaches no consumer and is moved to `_error`: say why.</summary>
public class RefusalsToStandardError : IReceiveObserver
{
    public Task ReceiveFault(ReceiveContext context, Exception error) => Say(error);

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception error)
        where T : class => Say(error);

    public Task PreReceive(ReceiveContext context) => Task.CompletedTask;
    public Task PostReceive(ReceiveContext context) => Task.CompletedTask;
    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType) where T : class =>
        Task.CompletedTask;

    private static Task Say(Exception error) => Console.Error.WriteLineAsync($"refused: {error.GetType()}: {error.Message}");
}
