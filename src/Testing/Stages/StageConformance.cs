using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing;

/// <summary>
/// The contract of a stage as a test: <c>StageConformance.Check(() =&gt; new Firewall(17))</c> in a test of any framework. The stage stands
/// in a small graph in virtual time, is fed with real packets, and is watched.
/// </summary>
/// <remarks>
/// What is looked at: every burst is let go exactly once, by the stage or by whoever it passed it to, and not touched afterwards; a burst
/// that somebody else holds too is not changed; nothing is lost, doubled or overtaken without being accounted for, neither while what
/// is behind the stage refuses nor when the stage is completed, is taken out of the running graph, or the graph breaks; nothing is kept
/// back for ever; garbage is no reason to throw; the two laws hold after
/// every step; what leaves encoded has the ICRC of its bytes; and nothing is allocated in the steady state.
/// </remarks>
public static class StageConformance
{
    /// <summary>Checks a stage.</summary>
    /// <param name="make">Makes a new instance for each scenario; it has one output.</param>
    /// <param name="options">Where the stage is to stand and what it may do; null for a stage that may stand anywhere.</param>
    /// <exception cref="StageConformanceException">It breaks the contract; the message tells every breach and what to do.</exception>
    public static void Check(Func<IStage<PacketBurst>> make, StageConformanceOptions? options = null)
    {
        var failures = Find(make, options);
        if (failures.Count > 0)
            throw new StageConformanceException(failures);
    }

    /// <summary>Finds out how a stage breaks its contract.</summary>
    /// <param name="make">Makes a new instance for each scenario; it has one output.</param>
    /// <param name="options">Where the stage is to stand and what it may do; null for a stage that may stand anywhere.</param>
    /// <returns>The breaches, each once; none when it keeps its contract.</returns>
    public static IReadOnlyList<StageFailure> Find(Func<IStage<PacketBurst>> make, StageConformanceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(make);
        options ??= new StageConformanceOptions();
        options.Validate();
        var failures = new StageFailures();
        if (CheckShape(make(), failures))
        {
            foreach (var state in options.States)
                Check(make, options, state, failures);
        }

        return failures.All;
    }

    private static void Check(Func<IStage<PacketBurst>> make, StageConformanceOptions options, BurstStage state, StageFailures failures)
    {
        failures.State = state;
        foreach (bool segmented in state == BurstStage.Encoded ? (bool[])[false, true] : [false])
        {
            StageScenarios.Flow(new StageBench(make(), options, state, failures, segmented));
            StageScenarios.Backpressure(new StageBench(make(), options, state, failures, segmented));
            StageScenarios.Completion(new StageBench(make(), options, state, failures, segmented));
            StageScenarios.Removal(new StageBench(make(), options, state, failures, segmented));
            StageScenarios.Fault(new StageBench(make(), options, state, failures, segmented));
        }

        if (state is BurstStage.Received or BurstStage.Decoded)
            StageScenarios.Garbage(new StageBench(make(), options, state, failures));
        StageAllocation.Check(make, state, failures);
    }

    private static bool CheckShape(IStage<PacketBurst> stage, StageFailures failures)
    {
        if (stage is not null && stage.Outputs is [StageSpec<PacketBurst>.DefaultOutput])
            return true;
        failures.Add(StageAspect.Shape, stage is null
            ? "The factory gave null."
            : $"The stage has the outputs [{string.Join(", ", stage.Outputs)}]; the kit checks stages with the one output 'out'.");
        return false;
    }
}
