using RdmaPipeline.Hosting.Control.Taps;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Control;

/// <summary>A line that a process answers, as JSON: what was asked for, or why not.</summary>
/// <param name="Version">Of the protocol.</param>
public sealed record ControlReply(int Version)
{
    /// <summary>Why there is nothing else; null when all is well.</summary>
    public string? Error { get; init; }

    /// <summary>To <see cref="ControlVerbs.Hello"/>.</summary>
    public ControlProcess? Process { get; init; }

    /// <summary>To <see cref="ControlVerbs.Snapshot"/>.</summary>
    public PipelineSnapshot? Snapshot { get; init; }

    /// <summary>To <see cref="ControlVerbs.Tap"/>, before the first packet.</summary>
    public ControlTap? Tap { get; init; }

    /// <summary>A packet that passed the tapped edge.</summary>
    public TappedPacket? Packet { get; init; }

    /// <summary>At the end of a tap: packets that passed while the client was too slow for them.</summary>
    public long? Missed { get; init; }
}
