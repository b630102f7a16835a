using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MassTransitPeer;

/// <summary>The lines between test and peer: camelCase; venues also by name and prices also as text when read.</summary>
public static class JsonLine
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly TextWriter Out = TextWriter.Synchronized(
        new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });

    public static void Write(object line) => Out.WriteLine(JsonSerializer.Serialize(line, Json));

    public static T Read<T>(JsonElement element) =>
        element.Deserialize<T>(Json) ?? throw new FormatException($"expected a {typeof(T).Name}, got null");
}
