namespace RdmaPipeline.Backends;

/// <summary>Traffic in one direction, in absolute numbers; written by the shard, read by anyone.</summary>
public sealed class DirectionCounters
{
    private long _packets;
    private long _bytes;
    private long _bursts;
    private long _calls;
    private long _idleCalls;
    private long _segmentedRuns;
    private long _segmentedPackets;
    private long _errors;

    /// <summary>Packets handed to or taken from the medium.</summary>
    public long Packets => Volatile.Read(ref _packets);

    /// <summary>Frame bytes of these packets, as they lie in the slab.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Bursts handed to or taken from the medium.</summary>
    public long Bursts => Volatile.Read(ref _bursts);

    /// <summary>System calls made, successful or not; 0 for a back-end without any.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>Of these, calls that found nothing to read or no room to write.</summary>
    public long IdleCalls => Volatile.Read(ref _idleCalls);

    /// <summary>Runs of two or more packets that travelled as one segmented datagram (GSO when sent, GRO when received).</summary>
    public long SegmentedRuns => Volatile.Read(ref _segmentedRuns);

    /// <summary>Packets in these runs.</summary>
    public long SegmentedPackets => Volatile.Read(ref _segmentedPackets);

    /// <summary>Calls that failed with an error other than "try again".</summary>
    public long Errors => Volatile.Read(ref _errors);

    internal void CountBurst(int packets, long bytes)
    {
        _bursts++;
        CountPackets(packets, bytes);
    }

    internal void CountPackets(int packets, long bytes)
    {
        _packets += packets;
        _bytes += bytes;
    }

    internal void CountBurst() => _bursts++;

    internal void CountCall() => _calls++;

    internal void CountIdleCall() => _idleCalls++;

    internal void CountError() => _errors++;

    internal void CountRun(int packets)
    {
        _segmentedRuns++;
        _segmentedPackets += packets;
    }
}
