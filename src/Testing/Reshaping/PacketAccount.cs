using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>
/// The packets of two devices at rest, of the medium between them and of their graphs. Of an interval the difference of two accounts tells
/// what was lost in it and where: what the medium lost hides nothing that a graph has lost.
/// </summary>
/// <param name="Sent">Packets that the back-ends have put on the medium.</param>
/// <param name="Received">Packets that the back-ends have taken from it.</param>
/// <param name="DroppedByKernel">Datagrams that the buffers of the sockets had no room for.</param>
/// <param name="DroppedByBackends">Packets that the rings of the back-ends had no room for, or that they dropped otherwise.</param>
/// <param name="SentInRuns">Of those sent, packets of segmented datagrams: the kernel may count such a datagram once.</param>
/// <param name="Created">Packets that stages have made or brought in.</param>
/// <param name="Ended">Packets that have ended in stages as intended.</param>
/// <param name="Repeated">Packets that stages have dropped because their message was sent again, or answered before.</param>
/// <param name="Dropped">Packets that stages have dropped for any other reason.</param>
internal readonly record struct PacketAccount(
    long Sent, long Received, long DroppedByKernel, long DroppedByBackends, long SentInRuns,
    long Created, long Ended, long Repeated, long Dropped)
{
    /// <summary>Packets that have not come out of the medium.</summary>
    public long LostByMedium => Sent - Received;

    /// <summary>Packets that went into a graph and of which no stage says where they are.</summary>
    public long LostByGraphs => Created - Ended - Repeated - Dropped;

    /// <summary>Every packet that went into the medium came out of it, or somebody says that he dropped it.</summary>
    public bool IsMediumBalanced => LostByMedium == DroppedByKernel + DroppedByBackends
        || (SentInRuns > 0 && DroppedByKernel > 0 && LostByMedium > DroppedByKernel + DroppedByBackends);

    /// <summary>Adds up what has happened so far.</summary>
    public static PacketAccount Take(IEnumerable<DevicePipeline> pipelines) =>
        pipelines.Aggregate(default(PacketAccount), (sum, pipeline) => sum + Of(pipeline));

    public static PacketAccount operator +(PacketAccount a, PacketAccount b) => new(
        a.Sent + b.Sent, a.Received + b.Received, a.DroppedByKernel + b.DroppedByKernel, a.DroppedByBackends + b.DroppedByBackends,
        a.SentInRuns + b.SentInRuns, a.Created + b.Created, a.Ended + b.Ended, a.Repeated + b.Repeated, a.Dropped + b.Dropped);

    public static PacketAccount operator -(PacketAccount a, PacketAccount b) => new(
        a.Sent - b.Sent, a.Received - b.Received, a.DroppedByKernel - b.DroppedByKernel, a.DroppedByBackends - b.DroppedByBackends,
        a.SentInRuns - b.SentInRuns, a.Created - b.Created, a.Ended - b.Ended, a.Repeated - b.Repeated, a.Dropped - b.Dropped);

    /// <summary>What is wrong with the account of an interval.</summary>
    /// <param name="lostMessages">Messages that were given up in it.</param>
    public IEnumerable<string> Judge(long lostMessages)
    {
        if (LostByGraphs != 0)
            yield return $"{LostByGraphs} packets lost by the graphs themselves: {this}";
        if (!IsMediumBalanced)
            yield return $"{LostByMedium} packets did not come out of the medium, which says otherwise: {this}";
        if (lostMessages > LostByMedium)
            yield return $"{lostMessages} messages lost, and the medium has lost {LostByMedium} packets: {this}";
        if (Dropped > 0 && LostByMedium == 0)
            yield return $"{Dropped} packets dropped by stages, and the medium has lost none: {this}";
    }

    private static PacketAccount Of(DevicePipeline pipeline)
    {
        var stages = pipeline.Describe().Stages;
        var counters = pipeline.BackendCounters;
        long repeated = stages.Sum(s => Drops(s, DropReason.Duplicate) + Drops(s, DropReason.StaleAck));
        return new PacketAccount(
            counters.Sent.Packets, counters.Received.Packets, counters.DroppedByKernel, counters.TotalDropped - counters.DroppedByKernel,
            counters.Sent.SegmentedPackets, stages.Sum(s => s.CreatedItems), stages.Sum(s => s.EndedItems), repeated,
            stages.Sum(s => s.DroppedItems) - repeated);
    }

    private static long Drops(Graph.StageDescriptor stage, DropReason reason) => stage.Drops.GetValueOrDefault(DropReasons.Name(reason));
}
