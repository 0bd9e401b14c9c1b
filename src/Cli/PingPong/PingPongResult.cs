using System.Text.Json.Serialization;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>What a pingpong measured and counted; <c>--json</c> prints it.</summary>
/// <param name="Service">Which service was used.</param>
/// <param name="Device">URI of the device used.</param>
/// <param name="Local">Our end; of many queue pairs the first.</param>
/// <param name="Remote">The peer's end; of many queue pairs the first.</param>
/// <param name="Bytes">Payload in both directions.</param>
/// <param name="QueuePairs">How many each end has.</param>
/// <param name="Iterations">Messages each way, over all queue pairs.</param>
/// <param name="Seconds">From the first message to the last completion.</param>
/// <param name="MegabitsPerSecond">10^6 bits, both directions.</param>
/// <param name="MicrosecondsPerIteration">One message there and one back.</param>
/// <param name="Validated">With -c: whether every received byte was right; null without -c.</param>
/// <param name="Counters">What the device counted during the exchange, under the names of Linux' hw_counters.</param>
/// <param name="Wire">What its back-end counted.</param>
public sealed record PingPongResult(string Service, string Device, PingPongEnd Local, PingPongEnd Remote, long Bytes, int QueuePairs,
    int Iterations, double Seconds, double MegabitsPerSecond, double MicrosecondsPerIteration, bool? Validated,
    IReadOnlyDictionary<string, long> Counters, PingPongWire? Wire)
{
    /// <summary>With --stat: what the device counted in its whole life.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, DeviceStatistics>? Stat { get; init; }

    /// <summary>The measures of a run that took <paramref name="time"/>; its counters are added when the queue pair is closed.</summary>
    public static PingPongResult Of(PingPongOptions options, string device, IReadOnlyList<PingPongDestination> locals,
        IReadOnlyList<PingPongDestination> remotes, TimeSpan time, int wrongAt)
    {
        var bytes = 2L * options.Size * options.Iterations;
        return new(options.Service.Name(), device, PingPongEnd.Of(locals[0]), PingPongEnd.Of(remotes[0]),
            bytes, options.QueuePairs, options.Iterations, time.TotalSeconds,
            bytes * 8 / time.TotalMicroseconds, time.TotalMicroseconds / options.Iterations, options.Check ? wrongAt < 0 : null,
            new Dictionary<string, long>(), null);
    }
}
