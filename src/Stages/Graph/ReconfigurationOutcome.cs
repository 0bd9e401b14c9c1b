namespace RdmaPipeline.Graph;

/// <summary>How an attempt to change a graph has ended.</summary>
public enum ReconfigurationOutcome
{
    /// <summary>The graph is as was asked for.</summary>
    Applied,

    /// <summary>The change is not possible; the graph has not noticed.</summary>
    Rejected,

    /// <summary>The graph was paused for it and has gone on as it was.</summary>
    RolledBack,
}
