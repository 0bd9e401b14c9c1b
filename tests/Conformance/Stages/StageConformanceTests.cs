using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Stages;

/// <summary>The stage kit finds each defect and says what to do; a stage without one passes.</summary>
public class StageConformanceTests
{
    private static readonly (Func<IStage<PacketBurst>> Make, StageAspect Aspect, string Text)[] Wrong =
    [
        (() => new WrongStages.Leaker(), StageAspect.Ownership, "never lets go of bursts that it was given"),
        (() => new WrongStages.Renter(), StageAspect.Ownership, "never lets go of bursts that it has rented"),
        (() => new WrongStages.DoubleReleaser(), StageAspect.Ownership, "lets go of a burst that it passes on too"),
        (() => new WrongStages.EagerReleaser(), StageAspect.Faults, "released more often than it was held"),
        (() => new WrongStages.Swallower(), StageAspect.Flow, "loses packets without counting them: use Drop"),
        (() => new WrongStages.Swallower(), StageAspect.Telemetry, "counts do not add up"),
        (() => new WrongStages.Pickpocket(), StageAspect.Telemetry, "counts do not add up"),
        (() => new WrongStages.Repeater(), StageAspect.Flow, "gives out a packet twice"),
        (() => new WrongStages.Repeater(), StageAspect.Ownership, "for a second holder call Retain"),
        (() => new WrongStages.Shuffler(), StageAspect.Flow, "overtake one another"),
        (() => new WrongStages.Shuffler(), StageAspect.Backpressure, "overtake one another"),
        (() => new WrongStages.Hoarder(), StageAspect.Telemetry, "whoever keeps bursts is an IHoldingStage"),
        (() => new WrongStages.Hoarder(), StageAspect.Completion, "loses packets"),
        (() => new WrongStages.Miser(), StageAspect.Faults, "was told to complete, holds 3 bursts and gives none back"),
        (() => new WrongStages.Scrooge(), StageAspect.Flow, "keeps bursts back and nothing will make it give them out"),
        (() => new WrongStages.Scrooge(), StageAspect.Faults, "was told to complete, holds 48 bursts and gives none back"),
        (() => new WrongStages.Scrooge(), StageAspect.Ownership, "never lets go of bursts that it was given"),
        (() => new WrongStages.Collector(), StageAspect.Flow, "keeps bursts back and nothing will make it give them out"),
        (() => new WrongStages.Collector(), StageAspect.Backpressure, "keeps bursts back and nothing will make it give them out"),
        (() => new WrongStages.Sulker(), StageAspect.Faults, "was told to complete, holds"),
        (() => new WrongStages.Sleeper(), StageAspect.Flow, "stands still"),
        (() => new WrongStages.Sleeper(), StageAspect.Completion, "does not end: it has deferred a burst"),
        (() => new WrongStages.Dawdler(), StageAspect.Completion, "When Context.IsEnding, let through"),
        (() => new WrongStages.LateWriter(), StageAspect.Ownership, "changes a burst that it has passed on"),
        (() => new WrongStages.GraveRobber(), StageAspect.Ownership, "changes a burst that it has let go of"),
        (() => new WrongStages.Vandal(), StageAspect.Sharing, "call Own(ref burst)"),
        (() => new WrongStages.Forger(), StageAspect.Frames, "whose ICRC is not that of their bytes"),
        (() => new WrongStages.Spender(), StageAspect.Allocation, "use no LINQ"),
        (() => new WrongStages.Believer(), StageAspect.Faults, "It threw IndexOutOfRangeException"),
        (() => new WrongStages.Busybody(), StageAspect.Flow, "never comes to rest"),
        (() => new Fork(), StageAspect.Shape, "has the outputs [left, right]"),
        (() => null!, StageAspect.Shape, "factory gave null"),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Wrong.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void ADefectIsFoundAndExplained(int index)
    {
        var (make, aspect, text) = Wrong[index];
        var state = make() switch
        {
            WrongStages.Forger => BurstStage.Encoded,
            WrongStages.Believer => BurstStage.Received,
            _ => BurstStage.Decoded,
        };
        var failures = StageConformance.Find(make, new StageConformanceOptions { States = [state] });
        Assert.Contains(failures, failure => failure.Aspect == aspect && failure.Text.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public void AStageWithoutDefectPasses() => StageConformance.Check(() => new Passing());

    [Fact]
    public void AStageMayDropWhatItCounts() => StageConformance.Check(() => new EveryThird());

    [Fact]
    public void AllFailuresAreToldTogether()
    {
        var exception = Assert.Throws<StageConformanceException>(() => StageConformance.Check(() => new WrongStages.Swallower()));
        Assert.Contains("breaks its contract in", exception.Message, StringComparison.Ordinal);
        Assert.Contains("\n- Flow (Received bursts): It loses packets", exception.Message, StringComparison.Ordinal);
        Assert.Contains(exception.Failures, failure => failure.Aspect == StageAspect.Telemetry);
    }

    [Fact]
    public void WrongOptionsAreNamed()
    {
        var wrong = new StageConformanceOptions { Bursts = 7 };
        Assert.Contains("Bursts is 7; it must be 8 to 256",
            Assert.Throws<ArgumentOutOfRangeException>(() => StageConformance.Check(() => new Passing(), wrong)).Message,
            StringComparison.Ordinal);
    }

    private sealed class Passing : PacketStage
    {
        protected override void Process(ref PacketBurst burst)
        {
            // What is not changed passes.
        }
    }

    private sealed class EveryThird : FilterStage
    {
        private int _seen;

        protected override DropReason Judge(PacketBurst burst, int index) => ++_seen % 3 == 0 ? DropReason.QueueFull : DropReason.None;
    }

    /// <summary>Has two ways out.</summary>
    private sealed class Fork : IStage<PacketBurst>
    {
        public string Name => "fork";

        public IReadOnlyList<string> Outputs => ["left", "right"];

        public void Attach(IStageContext<PacketBurst> context)
        {
            // It is not even built in.
        }

        public void Process(PacketBurst burst) => Assert.Fail("not even built in");
    }
}
