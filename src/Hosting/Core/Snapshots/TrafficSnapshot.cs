namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>What a back-end moved in one direction.</summary>
/// <param name="Packets">Packets.</param>
/// <param name="Bytes">Bytes of whole frames.</param>
/// <param name="Calls">System calls made for them.</param>
/// <param name="Errors">Calls that failed.</param>
public sealed record TrafficSnapshot(long Packets, long Bytes, long Calls, long Errors)
{
    /// <summary>Packets per second, since the observer's last look.</summary>
    public double PacketsPerSecond { get; init; }

    /// <summary>Bytes per second, since the observer's last look.</summary>
    public double BytesPerSecond { get; init; }
}
