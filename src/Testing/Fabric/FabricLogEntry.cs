using System.Globalization;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>One line of a <see cref="FabricLog"/>.</summary>
public sealed class FabricLogEntry
{
    internal FabricLogEntry(long number, long nanoseconds, FabricNode? node, FabricEvent kind, FabricPacket? packet)
    {
        (Number, Nanoseconds, Node, Kind, Packet) = (number, nanoseconds, node, kind, packet);
    }

    /// <summary>Its place in the log, from 1.</summary>
    public long Number { get; }

    /// <summary>Virtual time since the beginning, in nanoseconds.</summary>
    public long Nanoseconds { get; }

    /// <summary>Where: the host or switch.</summary>
    public FabricNode? Node { get; }

    /// <summary>What.</summary>
    public FabricEvent Kind { get; }

    /// <summary>The packet as it was then; null for what belongs to none.</summary>
    public FabricPacket? Packet { get; }

    /// <summary>
    /// Why the packet went no further, <see cref="DropReason.None"/> when it did. Of a delivered packet: why a stage dropped it afterwards.
    /// </summary>
    public DropReason Reason { get; internal set; }

    /// <summary>The stage of the device that dropped the packet; null when none did.</summary>
    public string? Stage { get; internal set; }

    /// <summary>What happened to the packet, in words; empty when nothing did.</summary>
    public string Detail { get; internal init; } = "";

    /// <summary>One line of text.</summary>
    public override string ToString()
    {
        var what = string.Join(", ", new[] { Packet?.ToString() ?? "", Outcome }.Where(part => part.Length > 0));
        return string.Create(CultureInfo.InvariantCulture, $"{Nanoseconds / 1000.0,14:F3} µs  {Node?.Name,-8} {Kind,-9} {what}");
    }

    /// <summary>What became of it, in words; empty when nothing is to be said.</summary>
    internal string Outcome => string.Join(", ", new[]
    {
        Detail,
        Stage is null ? "" : $"stage {Stage}",
        Reason == DropReason.None ? "" : $"dropped: {DropReasons.Name(Reason)}",
    }.Where(part => part.Length > 0));
}
