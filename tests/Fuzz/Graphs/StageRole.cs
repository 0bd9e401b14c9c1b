namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>What a stage of a drawing does.</summary>
internal enum StageRole
{
    /// <summary>One input, one output.</summary>
    Pass,

    /// <summary>No input; makes bursts when its doorbell is rung.</summary>
    Pump,

    /// <summary>No output.</summary>
    Sink,

    /// <summary>One input, two outputs.</summary>
    Fork,

    /// <summary>Two inputs, one output.</summary>
    Join,

    /// <summary>A pump that takes bursts as well, and ends them.</summary>
    PumpWithInput,

    /// <summary>Passes on, and can be shut.</summary>
    Limiter,

    /// <summary>Keeps bursts for a time.</summary>
    Holder,

    /// <summary>Hands its state over.</summary>
    Heir,
}
