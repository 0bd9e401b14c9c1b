using System.Diagnostics.Metrics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline;

/// <summary>How a device is built. The defaults suit a program that polls or awaits its completion queues.</summary>
public sealed record DeviceOptions
{
    /// <summary>How the stages are joined.</summary>
    public PipelinePreset Preset { get; init; } = PipelinePreset.Staged;

    /// <summary>Who runs the shards; null is the preset's choice: polling for Polling, seeded for Simulated, else hybrid.</summary>
    public ShardDriverKind? Driver { get; init; }

    /// <summary>Shards: a power of two, 1 to 64. Queue pairs are spread over them by the low bits of their numbers.</summary>
    public int ShardCount { get; init; } = 1;

    /// <summary>Unacknowledged request data a queue pair may have under way: 16 KiB to 64 MiB (R-REQ-4).</summary>
    public int WindowBytes { get; init; } = 512 * 1024;

    /// <summary>When acknowledgements leave.</summary>
    public AckPolicy AckPolicy { get; init; } = AckPolicy.AfterDelivery;

    /// <summary>
    /// The least time between two looks at the medium, 0 (always look) to 1000 µs, like the interrupt moderation of an interface: what
    /// arrives in between is taken together and acknowledged together, so a stream costs fewer system calls, and a lone message waits for
    /// so long. The window must hold what two such times bring, or the sender idles. Not for the Simulated preset, which has no time of its
    /// own.
    /// </summary>
    public TimeSpan ReceiveModeration { get; init; }

    /// <summary>Every how many packets inside a message an acknowledgement is asked for: 1 to 128 (R-REQ-15).</summary>
    public int AckRequestInterval { get; init; } = 66;

    /// <summary>Take a retry count of 7 as infinite, as Linux Soft-RoCE does (R-REQ-41).</summary>
    public bool Retry7IsInfinite { get; init; }

    /// <summary>Capacity of every edge of the pipeline in bursts: 1 to 4096.</summary>
    public int EdgeCapacity { get; init; } = 64;

    /// <summary>Packets a queue pair may send before the next one has its turn: 1 to 4096.</summary>
    public int PacketsPerTurn { get; init; } = 64;

    /// <summary>
    /// Changes the description of the graph before it is built, for instance to put stages of one's own into its edges:
    /// <c>graph =&gt; graph.InsertAfter(StageNames.Decode, shard =&gt; new Firewall(17))</c>; see <see cref="Transport.PacketGraph"/>. The
    /// stages that are there must stay.
    /// </summary>
    public Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>>? Graph { get; init; }

    /// <summary>Queue pairs the device may have: 1 to 1 048 560.</summary>
    public int MaxQueuePairs { get; init; } = (1 << 20) - 16;

    /// <summary>
    /// Entries of the port's P_Key table: 1 to 64. The first is the default partition, full member; the others are empty until
    /// <see cref="Verbs.RdmaDevice.SetPkey"/> fills them.
    /// </summary>
    public int PkeyTableLength { get; init; } = 1;

    /// <summary>
    /// Whether the device answers management datagrams itself, as adapters do, where its back-end has agents (R-BE-53): Get and Set of
    /// performance management on queue pair 1 of any link, Get and Set of subnet management on queue pair 0 of a native one. All else that
    /// comes to these numbers is for the user's queue pair: other classes, traps, answers, and SMInfo if there is a queue pair 0. Without
    /// agents it gets everything.
    /// </summary>
    public bool ManagementAgents { get; init; } = true;

    /// <summary>
    /// How often the device looks at its link and addresses, for back-ends that cannot tell of a change themselves: 10 ms to an hour, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never. A simulated device never looks: its fabric tells it.
    /// </summary>
    public TimeSpan LinkWatchPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Who makes the meters, so that an application or a test has its own; null for the meters that the whole process shares.
    /// </summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>How far the metrics of queue pairs are told apart.</summary>
    public QueuePairMetrics QueuePairMetrics { get; init; } = QueuePairMetrics.ByTransport;

    /// <summary>
    /// Told, once each, of what works but should not stay so: so many queue pairs that no collector keeps their metrics apart. Any thread;
    /// null for nobody.
    /// </summary>
    public Action<string>? Warned { get; init; }

    /// <summary>
    /// What decides everything random or arbitrary in the device; null is a fresh seed. Required to repeat a simulated run. Whoever knows
    /// it knows what else has to be guessed: numbers of queue pairs, PSNs and keys.
    /// </summary>
    public int? Seed { get; init; }

    /// <summary>Which work requests become spans, when somebody listens.</summary>
    public TracingOptions Traces { get; init; } = new();

    /// <summary>The clock of timeouts and RNR waits; a simulation passes a virtual one.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
