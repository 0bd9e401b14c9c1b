using RdmaPipeline.Protocol;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>What a seed chooses for a whole <see cref="MixedWorkload"/>.</summary>
public sealed record WorkloadSettings
{
    private const uint PsnSpace = 1 << 24;

    /// <summary>Names the run.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Connections, each with a queue pair at either end that sends and receives.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Where the receives are posted, and whether the connections are of XRC.</summary>
    public WorkloadReceives Receives { get; init; }

    /// <summary>Send work requests of each queue pair.</summary>
    public int OperationsPerDirection { get; init; } = 60;

    /// <summary>How the connections are made.</summary>
    public ConnectOptions Connect { get; init; } = new();

    /// <summary>How the machines behave.</summary>
    public QueuePairOptions Machine { get; init; } = QueuePairOptions.Default;

    /// <summary>The first PSN of every queue pair, or null for a random one.</summary>
    public uint? InitialPsn { get; init; }

    /// <summary>Depth of the queues.</summary>
    public QueuePairCapabilities Capabilities { get; init; } = new();

    /// <summary>
    /// Draws everything from a seed: path MTU, window, depths, timers, AckReq policy, credits, where receives come from, and often a first
    /// PSN just before the wrap.
    /// </summary>
    /// <param name="seed">Any value.</param>
    public static WorkloadSettings Draw(ulong seed)
    {
        var random = new SplitMix(SplitMix.Mix(seed));
        var depth = random.Between(1, 16);
        return new WorkloadSettings
        {
            Seed = seed,
            Connections = random.Between(1, 2),
            OperationsPerDirection = random.Between(50, 60),
            InitialPsn = random.Chance(60) ? PsnSpace - (uint)random.Between(1, 200) : null,
            Connect = new ConnectOptions
            {
                PathMtu = random.Pick(PathMtu.Mtu256, PathMtu.Mtu256, PathMtu.Mtu512, PathMtu.Mtu1024, PathMtu.Mtu4096),
                Timeout = random.Between(5, 9),
                RetryCount = 7,
                RnrRetry = 7,
                MinRnrTimer = random.Between(1, 10),
                MaxReadAtomic = random.Between(1, depth),
                MaxDestinationReadAtomic = depth,
            },
            Machine = QueuePairOptions.Default with
            {
                RequestWindowBytes = 1 << random.Between(15, 21),
                AckRequestInterval = random.Between(1, 66),
                AckRequestOnEveryMessage = random.Chance(50),
                AdvertiseUnlimitedCredits = random.Chance(50),
                // With every fourth packet damaged or lost somewhere, eight failures in a row are a matter of time.
                Retry7IsInfinite = true,
            },
            Capabilities = new QueuePairCapabilities
            {
                MaxSendWorkRequests = random.Between(2, 48),
                MaxReceiveWorkRequests = random.Between(1, 32),
                MaxSendEntries = 32,
                MaxReceiveEntries = 8,
                MaxInlineData = random.Pick(0, 64, 512),
            },
            Receives = random.Pick(WorkloadReceives.Own, WorkloadReceives.Own, WorkloadReceives.Shared, WorkloadReceives.Extended),
        };
    }
}
