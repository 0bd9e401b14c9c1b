using RdmaPipeline.Backends;
using RdmaPipeline.Testing.Simulation;

namespace RdmaPipeline.Testing;

/// <summary>What a <see cref="RdmaTestFabric"/> is made of. The defaults suit a test.</summary>
public sealed record RdmaTestFabricOptions
{
    /// <summary>
    /// Decides everything that is left to chance: faults, the order of work, keys, PSNs. Null: the environment variable
    /// <c>RDMAPIPE_SEED</c>, or where that is not set a fresh one, which a failure prints.
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>What the links carry: <see cref="LinkType.RoCEv2"/> or <see cref="LinkType.InfiniBand"/> frames.</summary>
    public LinkType LinkType { get; init; } = LinkType.RoCEv2;

    /// <summary>Virtual time for which to wait where no limit is given: more than 0.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Steps that the fabric takes in its life before a wait fails, at least 1: a scenario that runs in circles ends with an error.
    /// </summary>
    public long MaxSteps { get; init; } = 100_000_000;

    /// <summary>Virtual time that each step of a device takes, in nanoseconds: 1 to 1 000 000.</summary>
    public int NanosecondsPerStep { get; init; } = 50;

    /// <summary>Check after every step that no packet was lost unaccounted in a device. Costs about as much as the rest.</summary>
    public bool CheckLaws { get; init; } = true;

    /// <summary>
    /// Bytes of frames kept for captures, 0 or more; of a longer run the oldest are forgotten. The hash covers all. With 0 a failure leaves
    /// no capture.
    /// </summary>
    public long CaptureBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Where a failure leaves its capture. Null: the environment variable <c>RDMAPIPE_CAPTURES</c>, or where that is not set
    /// <c>captures</c> beside the test's assembly.
    /// </summary>
    public string? CaptureDirectory { get; init; }

    /// <summary>The full name of the test in the line that replays it; null looks for it on the stack when something fails.</summary>
    public string? TestName { get; init; }

    /// <summary>The line that replays a failure where no test does; null: a test does.</summary>
    internal string? ReplayLine { get; init; }

    /// <summary>
    /// Told of a failure that is no exception of the fabric's own, such as an assertion of the test: for a test's output. Null: standard
    /// error.
    /// </summary>
    public Action<string>? Output { get; init; }

    /// <summary>Where to count which fault hit which opcode; null for nowhere.</summary>
    public FaultCoverage? Coverage { get; init; }

    internal void Validate()
    {
        if (LinkType is not LinkType.RoCEv2 and not LinkType.InfiniBand)
            throw Limits.Wrong(nameof(LinkType), LinkType, "RoCEv2 or InfiniBand");
        Limits.Check(nameof(Limit), Limit, TimeSpan.FromTicks(1), TimeSpan.MaxValue);
        Limits.Check(nameof(MaxSteps), MaxSteps, 1, long.MaxValue);
        Limits.Check(nameof(NanosecondsPerStep), NanosecondsPerStep, 1, 1_000_000);
        Limits.Check(nameof(CaptureBytes), CaptureBytes, 0, long.MaxValue);
    }
}
