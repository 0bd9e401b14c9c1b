using RdmaPipeline.Protocol.Datagram;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <content>Which machine serves which type of queue pair.</content>
public abstract partial class QueuePairMachine
{
    /// <summary>Makes the machine of a queue pair in RESET.</summary>
    /// <param name="context">What it shares with its user; the type chooses the machine.</param>
    /// <param name="regions">The device's memory keys.</param>
    /// <param name="host">Whom it asks and tells.</param>
    /// <param name="options">How it behaves, and the limits of the device; null for the defaults.</param>
    internal static QueuePairMachine Create(
        QueuePairContext context, MemoryRegionTable regions, IQueuePairHost host, QueuePairOptions? options = null)
    {
        var scope = new QueuePairScope(context, regions, host, options ?? QueuePairOptions.Default);
        return context.Type switch
        {
            QueuePairType.UnreliableConnection => new UnreliableConnectionMachine(scope),
            QueuePairType.UnreliableDatagram or QueuePairType.Gsi or QueuePairType.Smi => new DatagramMachine(scope),
            _ => new ReliableConnectionMachine(scope),
        };
    }
}
