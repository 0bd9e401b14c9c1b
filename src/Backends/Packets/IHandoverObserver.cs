namespace RdmaPipeline.Backends.Packets;

/// <summary>Wants to know when its packets have been handed to the back-end (R-BE-11).</summary>
public interface IHandoverObserver
{
    /// <summary>
    /// Packets have left the graph: the back-end has taken them, or a stage on the way dropped them. Any thread; must not block.
    /// </summary>
    /// <param name="queuePair">The number of the queue pair that built them.</param>
    /// <param name="position">The largest of the positions that were noted.</param>
    void HandedOver(uint queuePair, long position);
}
