namespace RdmaPipeline.Telemetry;

/// <summary>The names of all spans. Nothing else in the project spells one.</summary>
public static class SpanNames
{
    /// <summary>The responder's work on a message.</summary>
    public const string Process = "process";

    /// <summary>A queue pair gets its peer: from leaving INIT to RTS.</summary>
    public const string Connect = "connect";

    /// <summary>A running graph is changed.</summary>
    public const string GraphReconfigure = "graph reconfigure";

    /// <summary>What a stage does for a message.</summary>
    /// <param name="stage">The stage's name.</param>
    public static string ForStage(string stage) => $"stage {stage}";

    /// <summary>A work request, a connection or a message and the other end of it.</summary>
    /// <param name="operation">A name of <see cref="OperationNames"/>, <see cref="Process"/> or <see cref="Connect"/>.</param>
    /// <param name="peer">The peer's address; empty when it has none.</param>
    public static string WithPeer(string operation, string peer) => peer.Length == 0 ? operation : $"{operation} {peer}";
}
