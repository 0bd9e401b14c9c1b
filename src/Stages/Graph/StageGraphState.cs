namespace RdmaPipeline.Graph;

/// <summary>Where a graph is in its life.</summary>
public enum StageGraphState
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>Its sources have stopped, the rest drains.</summary>
    Completing,

    /// <summary>Everything has been passed on.</summary>
    Completed,

    /// <summary>A stage has failed, or the graph was stopped by force.</summary>
    Faulted,
}
