namespace RdmaPipeline.Hosting.Control;

/// <summary>What can be asked for.</summary>
public static class ControlVerbs
{
    /// <summary>Which process this is.</summary>
    public const string Hello = "hello";

    /// <summary>Its pipelines; rates are those since the last time on the same connection.</summary>
    public const string Snapshot = "snapshot";
}
