namespace RdmaPipeline.Cli.Demo;

/// <summary>What <c>rdmapipe demo --json</c> prints.</summary>
public sealed record DemoReport(IReadOnlyList<OperationResult> Operations, IReadOnlyList<EdgeResult> Edges);
