namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>Who listens in the network namespace of the calling thread.</summary>
public static class LocalListeners
{
    private const string Listening = "0A";

    /// <summary>Whether a socket listens on the TCP port.</summary>
    public static bool Has(int port) => new[] { "tcp", "tcp6" }
        .SelectMany(table => File.ReadLines($"/proc/thread-self/net/{table}").Skip(1))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Any(fields => fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal) && fields[3] == Listening);
}
