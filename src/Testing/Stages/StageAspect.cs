namespace RdmaPipeline.Testing;

/// <summary>The part of a stage's contract that a failure belongs to.</summary>
public enum StageAspect
{
    /// <summary>What the kit can check: one input, one output.</summary>
    Shape,

    /// <summary>Every burst is let go exactly once, and not touched afterwards.</summary>
    Ownership,

    /// <summary>What somebody else may be reading is not changed.</summary>
    Sharing,

    /// <summary>Nothing is lost, invented or overtaken without being accounted for.</summary>
    Flow,

    /// <summary>What leaves as a frame is a whole one.</summary>
    Frames,

    /// <summary>A refusal behind the stage costs nothing but time.</summary>
    Backpressure,

    /// <summary>A completed stage gives out what it has, and ends.</summary>
    Completion,

    /// <summary>The stage does not throw, and lets go of everything when the graph breaks.</summary>
    Faults,

    /// <summary>The two laws hold.</summary>
    Telemetry,

    /// <summary>The steady state allocates nothing.</summary>
    Allocation,
}
