using RdmaPipeline.Protocol;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>A queue pair as metrics see it.</summary>
internal sealed class SeriesMember(QueuePairEntry entry)
{
    public QueuePairEntry Entry => entry;

    /// <summary>The group it counts for.</summary>
    public SeriesGroup Group { get; set; } = null!;

    /// <summary>What it had counted before it came into its group; null when it has been in no other.</summary>
    public QueuePairCounters? Before { get; set; }

    /// <summary>Somebody has seen what it counted as its group's: it can only leave that behind.</summary>
    public bool IsPublished { get; set; }

    /// <summary>Whether it was chosen to be told by itself; null when nobody has been asked yet.</summary>
    public bool? IsSelected { get; set; }

    /// <summary>Payload moved when the busiest were last chosen.</summary>
    public long BytesSeen { get; set; }

    /// <summary>Payload moved in its life, both ways.</summary>
    public long Bytes => entry.Machine.Counters.SentBytes + entry.Machine.Counters.ReceivedBytes;

    /// <summary>Adds what it counts for its group.</summary>
    public void AddTo(QueuePairCounters sum)
    {
        sum.Add(entry.Machine.Counters);
        if (Before is not null)
            sum.Subtract(Before);
    }
}
