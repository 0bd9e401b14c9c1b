namespace RdmaPipeline.Telemetry;

/// <summary>Whose stages they are: what their measurements carry beside the stage's own name.</summary>
/// <param name="Meters">The meters they are published by.</param>
/// <param name="DeviceName">The device; may be empty.</param>
/// <param name="GraphName">The graph; may be empty.</param>
public sealed record StageOwner(RdmaPipelineMeters Meters, string DeviceName, string GraphName)
{
    /// <summary>Nobody in particular.</summary>
    public static StageOwner None { get; } = new(RdmaPipelineMeters.Shared, "", "");
}
