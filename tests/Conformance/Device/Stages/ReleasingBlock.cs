using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>An onlooker that takes every burst and lets go of it at once, or takes none.</summary>
internal sealed class ReleasingBlock(bool takes = true) : ITargetBlock<PacketBurst>
{
    public Task Completion => Task.CompletedTask;

    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, PacketBurst messageValue, ISourceBlock<PacketBurst>? source, bool consumeToAccept)
    {
        if (!takes)
            return DataflowMessageStatus.Declined;
        messageValue.Release();
        return DataflowMessageStatus.Accepted;
    }

    public void Complete()
    {
        // It has nothing to complete.
    }

    public void Fault(Exception exception)
    {
        // Nor to fault.
    }
}
