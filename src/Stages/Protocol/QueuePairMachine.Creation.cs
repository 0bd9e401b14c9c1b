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

    /// <summary>Makes the device's own half of a special queue pair, ready to send.</summary>
    /// <param name="context">A context of the device's, of type SMI or GSI.</param>
    /// <param name="regions">The device's memory keys.</param>
    /// <param name="host">Whom it asks.</param>
    /// <param name="service">Who answers the datagrams.</param>
    /// <param name="options">The limits of the device.</param>
    internal static ManagementMachine CreateManagement(QueuePairContext context, MemoryRegionTable regions, IQueuePairHost host,
        IManagementService service, QueuePairOptions options)
    {
        context.State = QueuePairState.ReadyToSend;
        return new ManagementMachine(new QueuePairScope(context, regions, host, options), service);
    }
}
