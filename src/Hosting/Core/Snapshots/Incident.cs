namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>Something that went wrong, as one line: what happens often within a second is one incident with a count.</summary>
/// <param name="Time">When it was noticed, within a second.</param>
/// <param name="Device">The device.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Subject">The drop reason, the stage, the queue pair as <c>0x11</c>, the state of the port.</param>
/// <param name="Count">How often.</param>
public sealed record Incident(DateTimeOffset Time, string Device, IncidentKind Kind, string Subject, long Count);
