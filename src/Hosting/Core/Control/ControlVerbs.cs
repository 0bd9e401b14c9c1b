namespace RdmaPipeline.Hosting.Control;

/// <summary>What can be asked for.</summary>
public static class ControlVerbs
{
    /// <summary>Which process this is.</summary>
    public const string Hello = "hello";

    /// <summary>Its pipelines; rates are those since the last time on the same connection.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>The packets that pass an edge, one reply for each, until <see cref="Stop"/> or the client goes away.</summary>
    public const string Tap = "tap";

    /// <summary>Ends a tap; the last reply says how many packets were missed.</summary>
    public const string Stop = "stop";
}
