using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Protocol;
using RdmaPipeline.Testing.Simulation;

namespace RdmaPipeline.Testing.SimulatedWorld;

/// <summary>What a <see cref="SimulatedWorld"/> is made of.</summary>
public sealed record SimulatedWorldOptions
{
    /// <summary>Decides everything that is left to chance: faults, the order of delegates, keys, PSNs.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Devices on the fabric, at least 1.</summary>
    public int Devices { get; init; } = 2;

    /// <summary>What the wire does to each packet that a device sends.</summary>
    public FaultRates Faults { get; init; } = FaultRates.None;

    /// <summary>Options of every device; preset, seed and clock are the world's.</summary>
    public DeviceOptions Device { get; init; } = new();

    /// <summary>How the queue pair machines behave; null follows <see cref="Device"/>.</summary>
    public QueuePairOptions? Machine { get; init; }

    /// <summary>The first PSN of every queue pair; null for a random one.</summary>
    public uint? InitialPsn { get; init; }

    /// <summary>Where to count which fault hit which opcode; null for nowhere.</summary>
    public FaultCoverage? Coverage { get; init; }

    /// <summary>Check the laws of every graph after every delegate. Costs about as much as the rest.</summary>
    public bool CheckLaws { get; init; } = true;

    /// <summary>Virtual time that each delegate takes, in nanoseconds.</summary>
    public long NanosecondsPerStep { get; init; } = 50;
}
