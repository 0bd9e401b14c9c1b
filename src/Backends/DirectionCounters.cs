using RdmaPipeline.Telemetry;

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

    /// <summary>Takes note of how many packets go together: a segmented run, or a burst where there are none.</summary>
    internal SampledSizes? BatchSizes { get; set; }

    /// <summary>Counts a burst with its packets. Shard only.</summary>
    /// <param name="packets">Packets.</param>
    /// <param name="bytes">Their frame bytes.</param>
    public void CountBurst(int packets, long bytes)
    {
        _bursts++;
        CountPackets(packets, bytes);
    }

    /// <summary>Counts packets of a burst that is counted by itself. Shard only.</summary>
    /// <param name="packets">Packets.</param>
    /// <param name="bytes">Their frame bytes.</param>
    public void CountPackets(int packets, long bytes)
    {
        _packets += packets;
        _bytes += bytes;
        BatchSizes?.Note(packets);
    }

    /// <summary>Counts a burst whose packets are counted by themselves. Shard only.</summary>
    public void CountBurst() => _bursts++;

    /// <summary>Counts a system call. Shard only.</summary>
    public void CountCall() => _calls++;

    /// <summary>Counts a system call, already counted, that found nothing to do. Shard only.</summary>
    public void CountIdleCall() => _idleCalls++;

    /// <summary>Counts a system call, already counted, that failed. Shard only.</summary>
    public void CountError() => _errors++;

    /// <summary>Counts a segmented run, its packets being counted by themselves. Shard only.</summary>
    /// <param name="packets">Packets in the run.</param>
    public void CountRun(int packets)
    {
        _segmentedRuns++;
        _segmentedPackets += packets;
    }
}
