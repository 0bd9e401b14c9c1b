namespace RdmaPipeline.Cli.Devices;

/// <summary>A used entry of a GID table.</summary>
public sealed record GidReport(int Index, string Gid, string Type);
