using RdmaPipeline.Protocol;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>
/// What a seed draws: which services and operations there are at all, how large messages are, how the devices are built, what the wire
/// does, how narrow the limits are, and whether the programs are faulty. Most of it is often absent, and sometimes extreme.
/// </summary>
public sealed record SwarmPlan
{
    private const double SlowLink = 1e9;
    private const uint PsnSpace = 1 << 24;
    private const int RingThatSuffices = 4096;

    private static readonly SendOpcode[] AllOpcodes =
    [
        SendOpcode.Send, SendOpcode.SendWithImmediate, SendOpcode.SendWithInvalidate, SendOpcode.RdmaWrite,
        SendOpcode.RdmaWriteWithImmediate, SendOpcode.RdmaRead, SendOpcode.CompareAndSwap, SendOpcode.FetchAndAdd, SendOpcode.AtomicWrite,
        SendOpcode.Flush, SendOpcode.BindMemoryWindow, SendOpcode.RegisterMemoryRegion,
    ];

    /// <summary>Names the run.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The connections and datagram pairs between the two devices.</summary>
    public required IReadOnlyList<SwarmService> Services { get; init; }

    /// <summary>The operations that are drawn from; a service that knows none of them sends.</summary>
    public required IReadOnlyList<SendOpcode> Opcodes { get; init; }

    /// <summary>Send work requests of each end.</summary>
    public required int Operations { get; init; }

    /// <summary>Bytes of a message at most.</summary>
    public required int LargestMessage { get; init; }

    /// <summary>In how many of a hundred work requests the program does something wrong.</summary>
    public double Mischief { get; init; }

    /// <summary>What the wire does.</summary>
    public LinkOptions Link { get; init; } = LinkOptions.Perfect;

    /// <summary>A switch stands between the devices; its cable to the second one is perfect.</summary>
    public bool HasSwitch { get; init; }

    /// <summary>Packets that the receive ring of a device holds.</summary>
    public int ReceiveRing { get; init; } = RingThatSuffices;

    /// <summary>How the devices are built.</summary>
    public DeviceOptions Device { get; init; } = new();

    /// <summary>How the queue pair machines behave.</summary>
    public QueuePairOptions Machine { get; init; } = QueuePairOptions.Default;

    /// <summary>How connections are made.</summary>
    public ConnectOptions Connect { get; init; } = new();

    /// <summary>Depth of the queues.</summary>
    public QueuePairCapabilities Capabilities { get; init; } = new();

    /// <summary>The first PSN of every queue pair, or null for random ones.</summary>
    public uint? InitialPsn { get; init; }

    /// <summary>How often a program that wants to is late with its receives, in a hundred.</summary>
    public int LateReceives { get; init; }

    /// <summary>A packet may be lost, or be damaged, which is the same.</summary>
    public bool IsLossy => Link.Loss + Link.Corruption > 0 || ReceiveRing < RingThatSuffices;

    /// <summary>Draws a plan.</summary>
    /// <param name="seed">Any value.</param>
    public static SwarmPlan Draw(ulong seed)
    {
        var random = new SplitMix(SplitMix.Mix(seed ^ 0x5A4D));
        var link = DrawLink(random);
        var ring = random.Chance(10) ? random.Between(1, 16) : RingThatSuffices;
        var lossy = link.Loss + link.Corruption > 0 || ring != RingThatSuffices;
        var mischief = random.Chance(35) ? random.Pick(0.5, 2, 8) : 0;
        var mtu = random.Pick(PathMtu.Mtu256, PathMtu.Mtu256, PathMtu.Mtu512, PathMtu.Mtu1024, PathMtu.Mtu4096);
        return new SwarmPlan
        {
            Seed = seed,
            Services = [.. Enumerable.Range(0, random.Between(1, 4)).Select(_ => (SwarmService)random.Below(5))],
            Opcodes = DrawOpcodes(random),
            Operations = random.Pick(10, 30, 30, 80),
            LargestMessage = mtu.ToBytes() * random.Pick(1, 3, 3, 8, 20),
            Mischief = mischief,
            Link = link,
            HasSwitch = random.Chance(20),
            ReceiveRing = ring,
            Device = DrawDevice(random),
            Machine = QueuePairOptions.Default with
            {
                RequestWindowBytes = 1 << random.Between(15, 21),
                AckRequestInterval = random.Pick(1, 2, 8, 66, 128),
                AckRequestOnEveryMessage = random.Chance(50),
                AdvertiseUnlimitedCredits = random.Chance(30),
                // A program that is faulty leaves peers without an answer for ever.
                Retry7IsInfinite = mischief == 0 && (lossy || random.Chance(50)),
            },
            // Without a timer an out of sequence packet may be missing for ever: it is asked for once (R-RESP-2).
            Connect = DrawConnect(random, mtu, link, mayWaitForEver: mischief == 0 && !lossy && link.Reordering == 0),
            Capabilities = DrawCapabilities(random),
            InitialPsn = random.Chance(60) ? PsnSpace - (uint)random.Between(1, 200) : null,
            LateReceives = random.Pick(0, 0, 30, 80),
        };
    }

    /// <summary>One line that says what is peculiar about it.</summary>
    public string Describe() =>
        $"{Device.Preset} x{Device.ShardCount}, {string.Join('+', Services)}, {Connect.PathMtu}, largest {LargestMessage}, "
        + $"mischief {Mischief} %, loss {Link.Loss}, duplication {Link.Duplication}, reordering {Link.Reordering}, "
        + $"corruption {Link.Corruption}, ring {ReceiveRing}{(HasSwitch ? ", switch" : "")}";

    private static LinkOptions DrawLink(SplitMix random)
    {
        var link = new LinkOptions
        {
            Latency = TimeSpan.FromMicroseconds(random.Pick(0, 1, 2, 20)),
            Jitter = TimeSpan.FromMicroseconds(random.Pick(0, 0, 5, 50)),
            BitsPerSecond = random.Pick(0, SlowLink, 100e9),
            EcnMarking = random.Pick(0, 0, 0, 0.1),
        };
        if (random.Chance(20)) return link with { Duplication = random.Pick(0, 0, 0.01, 0.2) };
        // Many wires lose nothing or damage nothing, and then whatever stays away is the transport's fault.
        double Rate(double likely) => random.Chance(likely) ? random.Pick(0.002, 0.01, 0.05, 0.2) : 0;
        return link with { Loss = Rate(35), Corruption = Rate(35), Duplication = Rate(50), Reordering = Rate(50) };
    }

    private static SendOpcode[] DrawOpcodes(SplitMix random)
    {
        if (random.Chance(25)) return AllOpcodes;
        SendOpcode[] some = [.. AllOpcodes.Where(_ => random.Chance(40))];
        return some.Length == 0 ? [random.Pick<SendOpcode>(AllOpcodes)] : some;
    }

    private static DeviceOptions DrawDevice(SplitMix random)
    {
        var preset = random.Pick(PipelinePreset.Simulated, PipelinePreset.Simulated, PipelinePreset.Staged, PipelinePreset.Fused);
        return new DeviceOptions
        {
            Preset = preset,
            // Fused shards cannot be joined to each other.
            ShardCount = preset == PipelinePreset.Fused ? 1 : random.Pick(1, 1, 2, 4),
            EdgeCapacity = random.Pick(1, 2, 16, 64),
            PacketsPerTurn = random.Pick(1, 3, 64),
            AckPolicy = random.Pick(Enum.GetValues<AckPolicy>()),
        };
    }

    private static ConnectOptions DrawConnect(SplitMix random, PathMtu mtu, LinkOptions link, bool mayWaitForEver)
    {
        var depth = random.Pick(1, 2, 4, 16);
        return new ConnectOptions
        {
            PathMtu = mtu,
            // R-REQ-38: without a timer nothing but the answers themselves brings a connection forward.
            Timeout = mayWaitForEver && random.Chance(60) ? 0 : random.Between(7, 12) + PatienceOn(link),
            RetryCount = 7,
            RnrRetry = 7,
            MinRnrTimer = random.Between(1, 10),
            MaxReadAtomic = random.Between(1, depth),
            MaxDestinationReadAtomic = depth,
        };
    }

    // What all queue pairs may have under way, 16 MB, keeps a slow link busy for longer than the shortest timeouts last eight times.
    private static int PatienceOn(LinkOptions link) => link.BitsPerSecond is SlowLink ? 7 : 0;

    private static QueuePairCapabilities DrawCapabilities(SplitMix random) => new()
    {
        MaxSendWorkRequests = random.Pick(1, 2, 8, 48),
        MaxReceiveWorkRequests = random.Pick(1, 2, 8, 32),
        MaxSendEntries = random.Pick(2, 8, 32),
        MaxReceiveEntries = random.Pick(1, 8),
        MaxInlineData = random.Pick(0, 64, 512),
    };
}
