using System.Text.Json;
using Integration.Events.Messaging;
using Integration.Users.Messaging.Messages;
using MassTransit;

namespace MassTransitPeer;

/// <summary>
/// Publishes the messages of a file of JSON lines in their order and writes a line for each that RabbitMQ has confirmed.
/// With --in-flight over 1, that many are sent before their confirms are awaited; their order is then not promised.
/// </summary>
public static class Publish
{
    public static async Task Run(Options options, CancellationToken stop)
    {
        var bus = await RabbitMq.Start(options.Url, _ => { }, stop);
        foreach (var messages in ReadLines(options.Lines).Chunk(options.InFlight))
        {
            var confirmed = await Task.WhenAll(messages.Select(message => PublishOne(bus, message, stop)));
            foreach (var line in confirmed) JsonLine.Write(line);
        }
        await bus.StopAsync(stop);
    }

    private static async Task<object> PublishOne(IPublishEndpoint endpoint, object message, CancellationToken stop)
    {
        Guid? messageId = null;
        await endpoint.Publish(
            message, message.GetType(), Pipe.Execute<PublishContext>(context => messageId = context.MessageId), stop);
        return new { Type = message.GetType().Name, MessageId = messageId };
    }

    private static IEnumerable<object> ReadLines(string file)
    {
        using var lines = file == "-" ? Console.In : File.OpenText(file);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line)) yield return ReadLine(number, line);
        }
    }

    private static object ReadLine(int number, string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return ReadMessage(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or FormatException or KeyNotFoundException)
        {
            throw new FormatException($"line {number}: {error.Message}");
        }
    }

    private static object ReadMessage(JsonElement line)
    {
        var message = line.GetProperty("message");
        return line.GetProperty("type").GetString() switch
        {
            nameof(EventUpserted) => JsonLine.Read<EventUpserted>(message),
            nameof(UserUpserted) => JsonLine.Read<UserUpserted>(message),
            var type => throw new FormatException($"unknown message type {type}"),
        };
    }
}
