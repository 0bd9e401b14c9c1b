namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>
/// The pipelines of a process at one moment: what the control socket and the page show. Made by <see cref="PipelineObserver"/>, written as
/// JSON by <see cref="SnapshotJson"/>; its names are a promise to those who read it.
/// </summary>
/// <param name="Version">Of this model: <see cref="CurrentVersion"/>. Fields are added under one version, none changes its meaning.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="ProcessName">
/// What it is called: what the variable OTEL_SERVICE_NAME says, or else its host's application name, or else as its entry assembly.
/// </param>
/// <param name="Started">When it started.</param>
/// <param name="Time">The moment.</param>
/// <param name="IntervalSeconds">What rates are taken over: the time since the observer's last look; 0 at its first.</param>
/// <param name="Devices">Its open devices.</param>
/// <param name="Incidents">What went wrong lately, the oldest first; at most <see cref="IncidentLog.Capacity"/>.</param>
public sealed record PipelineSnapshot(
    int Version,
    int ProcessId,
    string ProcessName,
    DateTimeOffset Started,
    DateTimeOffset Time,
    double IntervalSeconds,
    IReadOnlyList<DeviceSnapshot> Devices,
    IReadOnlyList<Incident> Incidents)
{
    /// <summary>The version of the model here.</summary>
    public const int CurrentVersion = 1;
}
