using MassTransit;

namespace MassTransitPeer;

public static class RabbitMq
{
    /// <summary>A started bus with MassTransit's own defaults, as the legacy runs it.</summary>
    public static async Task<IBusControl> Start(
        Uri url, Action<IRabbitMqBusFactoryConfigurator> configure, CancellationToken cancel)
    {
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(url.Host, Port(url), VirtualHost(url), host => LogIn(host, url));
            configure(rabbit);
        });
        await StartOrSayWhyNot(bus, cancel);
        return bus;
    }

    // MassTransit tries again for ever; what keeps it from starting is only told by its health.
    private static async Task StartOrSayWhyNot(IBusControl bus, CancellationToken cancel)
    {
        try
        {
            await bus.StartAsync(cancel);
        }
        catch (Exception)
        {
            foreach (var (name, endpoint) in bus.CheckHealth().Endpoints)
                await Console.Error.WriteLineAsync($"{name}: {endpoint.Description} {endpoint.Exception?.Message}");
            throw;
        }
    }

    private static ushort Port(Uri url) => url.Port > 0 ? (ushort)url.Port : (ushort)5672;

    private static string VirtualHost(Uri url) =>
        url.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : "/";

    private static void LogIn(IRabbitMqHostConfigurator host, Uri url)
    {
        var parts = url.UserInfo.Split(':', 2);
        if (parts is not [var user, var password]) return;
        host.Username(Uri.UnescapeDataString(user));
        host.Password(Uri.UnescapeDataString(password));
    }
}
