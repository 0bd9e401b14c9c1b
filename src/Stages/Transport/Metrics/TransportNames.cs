using System.Collections.Immutable;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>The transport services as metrics name them. The special queue pairs send datagrams.</summary>
internal static class TransportNames
{
    /// <summary>All names.</summary>
    public static ImmutableArray<string> All { get; } = ["rc", "uc", "ud", "xrc"];

    /// <summary>The service of a type of queue pair.</summary>
    public static string Of(QueuePairType type) => type switch
    {
        QueuePairType.ReliableConnection => "rc",
        QueuePairType.UnreliableConnection => "uc",
        QueuePairType.XrcInitiator or QueuePairType.XrcTarget => "xrc",
        _ => "ud",
    };
}
