using RdmaPipeline.Backends.Packets;
using RdmaPipeline.ConformanceTests.Device.Stages;
using RdmaPipeline.Graph;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport.Stages;

namespace RdmaPipeline.ConformanceTests.Stages;

/// <summary>Every stage that is shipped keeps the contract of a stage.</summary>
public class ShippedStageTests
{
    private static readonly StageConformanceOptions Strict = new();

    private static readonly Dictionary<string, (Func<IStage<PacketBurst>> Make, StageConformanceOptions Options)> Stages = new()
    {
        ["tap that is looked at"] = (() => new TapStage(null, Releasing()), Strict),
        ["tap that nobody looks at"] = (() => new TapStage(null, Refusing()), Strict),
        ["sampler"] = (() => new SamplerStage(PacketChoice.OneIn(5), Refusing()), Strict),
        ["sampler by hash"] = (() => new SamplerStage(PacketChoice.ByHash(5), Releasing()), Strict),
        ["opcode counter"] = (() => new OpcodeCounterStage(), Strict),
        ["duplicate detector"] = (() => new DuplicateDetectorStage(window: 100), Strict),
        ["duplicate dropper"] = (() => new DuplicateDetectorStage(window: 100, drop: true), Strict),
        ["ECN marker"] = (() => new EcnMarkerStage(PacketChoice.OneIn(3)), Strict),
        ["rate limiter of bits"] = (() => new RateLimiterStage(new RateLimit { BitsPerSecond = 1e6, BurstBytes = 10_000 }), Strict),
        ["rate limiter of packets"] = (() => new RateLimiterStage(new RateLimit { PacketsPerSecond = 100, BurstPackets = 10 }), Strict),
        ["delay"] = (() => new DelayStage(TimeSpan.FromSeconds(1)), Strict),
        ["delay with jitter and few places"] =
            (() => new DelayStage(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(50), seed: 3, capacity: 4), Strict),
        ["no faults"] = (() => new FaultStage(new PacketFaults()), Strict),
        ["faults that drop"] = (() => new FaultStage(new PacketFaults { Drop = PacketChoice.OneIn(7) }), Strict),
        ["faults that drop all"] = (() => new FaultStage(new PacketFaults { Drop = PacketChoice.All }), Strict),
        ["faults that double"] = (() => new FaultStage(new PacketFaults { Duplicate = PacketChoice.OneIn(5) }),
            new StageConformanceOptions { MayDuplicate = true, MayReorder = true }),
        ["faults that delay"] = (() => new FaultStage(new PacketFaults { Delay = PacketChoice.OneIn(5) }),
            new StageConformanceOptions { MayReorder = true }),
        ["faults that damage"] = (() => new FaultStage(new PacketFaults { Corrupt = PacketChoice.OneIn(5) }),
            new StageConformanceOptions { MayCorrupt = true }),
        ["all faults"] = (AllFaults,
            new StageConformanceOptions { MayDuplicate = true, MayReorder = true, MayCorrupt = true }),
    };

    public static TheoryData<string> Names => [.. Stages.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void AShippedStageKeepsTheContract(string name) => StageConformance.Check(Stages[name].Make, Stages[name].Options);

    private static FaultStage AllFaults() => new(new PacketFaults
    {
        Drop = PacketChoice.Chance(0.1, 1),
        Duplicate = PacketChoice.Chance(0.1, 2),
        Delay = PacketChoice.Chance(0.1, 3),
        Corrupt = PacketChoice.Chance(0.1, 4),
        MostDelayed = 8,
    });

    // Never asked and never told, so that it allocates nothing itself.
    private static ReleasingBlock Refusing() => new(takes: false);

    private static ReleasingBlock Releasing() => new(takes: true);
}
