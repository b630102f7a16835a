namespace MassTransitPeer;

/// <summary>What the command line asks for: a command, then `--name value` pairs.</summary>
public class Options
{
    private readonly Dictionary<string, string> values = [];

    public required string Command { get; init; }
    public Uri Url => new(Value("url") ?? throw Missing("url"));
    public string Queue => Value("queue") ?? throw Missing("queue");
    public int Count => Number("count") ?? throw Missing("count");
    public int Prefetch => Number("prefetch") ?? 16;
    public int Concurrency => Number("concurrency") ?? Prefetch;
    public string[] Types => (Value("types") ?? "EventUpserted,UserUpserted").Split(',');
    public int InFlight => Number("in-flight") ?? 1;
    public string Lines => Value("lines") ?? throw Missing("lines");
    public TimeSpan Time => TimeSpan.FromSeconds(Number("seconds") ?? 60);

    public static Options Parse(string[] args)
    {
        if (args.Length % 2 == 0) throw new WrongCallException("usage: peer consume|publish|fault --name value …");
        var options = new Options { Command = args[0] };
        foreach (var pair in args.Skip(1).Chunk(2)) options.Add(pair[0], pair[1]);
        return options;
    }

    private void Add(string name, string value)
    {
        if (name is not ("--url" or "--queue" or "--count" or "--prefetch" or "--concurrency" or "--types" or "--lines"
            or "--in-flight" or "--seconds")) throw new WrongCallException($"unknown option {name}");
        values[name[2..]] = value;
    }

    private string? Value(string name) => values.GetValueOrDefault(name);

    private int? Number(string name) => Value(name) switch
    {
        null => null,
        var text when int.TryParse(text, out var number) && number > 0 => number,
        var text => throw new WrongCallException($"--{name}: expected a number over 0, got \"{text}\""),
    };

    private static WrongCallException Missing(string name) => new($"--{name} is missing");
}

public class WrongCallException(string message) : Exception(message);
