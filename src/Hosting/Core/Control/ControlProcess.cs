namespace RdmaPipeline.Hosting.Control;

/// <summary>A process that can be looked into.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="Name">What it is called, as in <see cref="Snapshots.PipelineSnapshot.ProcessName"/>.</param>
/// <param name="Started">When it started.</param>
/// <param name="Library">The version of the library in it.</param>
/// <param name="Devices">Its open devices.</param>
public sealed record ControlProcess(
    int ProcessId, string Name, DateTimeOffset Started, string Library, IReadOnlyList<string> Devices);
