using RdmaPipeline.Verbs;

namespace RdmaPipeline;

/// <summary>
/// Which work requests of a device become spans of <see cref="Telemetry.RdmaPipelineTelemetry.Source"/>. While nobody listens to that
/// source, none does and none of this costs anything.
/// </summary>
public sealed record TracingOptions
{
    /// <summary>
    /// One message in so many is traced: 1 is all, 0 none; at most 2^30. Chosen by a hash of the connection and the number of the message,
    /// so that both ends choose the same ones. A work request that fails is traced in any case, after the fact.
    /// </summary>
    public int SampleInterval { get; init; } = 1024;

    /// <summary>
    /// About so many messages a second are traced on a device by choice, those it sends and those it receives together; 0 is no limit, at
    /// most 1 000 000. Where more would be, one in twice <see cref="SampleInterval"/> is chosen, one in four times and so on, until a
    /// quieter second. No concern of a device that traces all its messages, nor of work requests that fail.
    /// </summary>
    public int MaxPerSecond { get; init; } = 200;

    /// <summary>
    /// The part of all messages that is traced, above 0 to 1, in the place of <see cref="SampleInterval"/> and without
    /// <see cref="MaxPerSecond"/>; null leaves it to these.
    /// </summary>
    internal double? SampleRatio { get; init; }

    /// <summary>
    /// The responder's span is a child of the sender's, where the sender's is known. By default it begins a trace of its own with a link to
    /// it, because one message may be part of many things.
    /// </summary>
    public bool ResponderIsChild { get; init; }

    /// <summary>
    /// Which peers have agreed to a prefix of 32 bytes in front of every SEND of a connection, reliable or not, that says which trace the
    /// message belongs to: both ends must say so of each other, or neither, for a peer that does not know of it takes the prefix for data.
    /// Asked with the peer's address when a queue pair leaves INIT; null is nobody. The lengths that users see do not count the prefix.
    /// </summary>
    public Func<Gid, bool>? PrefixPeers { get; init; }
}
