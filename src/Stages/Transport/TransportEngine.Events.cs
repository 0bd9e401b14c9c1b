using RdmaPipeline.Backends;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <content>What happens to the device: a stage that has thrown, news of the back-end.</content>
internal sealed partial class TransportEngine
{
    // R-RESP-41: nobody takes receives from them any more, and they are not flushed.
    private static void FailSharedReceives(QueuePairContext context)
    {
        context.SharedReceives?.Fail();
        foreach (var queue in context.XrcDomain?.Queues ?? [])
            queue.Fail();
    }

    // A stage has thrown: a defect. Every queue pair goes to ERR and flushes, so that nobody waits for a completion that cannot come.
    private void FailAll(Shard shard)
    {
        foreach (var entry in _table.Snapshot())
        {
            if (entry.Shard != shard)
                continue;
            entry.Machine.Fail(WorkCompletionStatus.FatalError, shard.ReadClock());
            FailSharedReceives(entry.Context);
        }
        // Once for the device, however many shards it has.
        if (Interlocked.Exchange(ref _hasToldFatal, 1) == 0)
            _device?.Raise(new AsyncEvent(AsyncEventType.DeviceFatal, null, null, Port: 0));
    }

    private void Hear(BackendEvent happened)
    {
        switch (happened)
        {
            case BackendEvent.PortChanged:
                _port.Look();
                break;
            case BackendEvent.ClientReregister:
                _port.Changed?.Invoke(AsyncEventType.ClientReregister);
                break;
            default:
                Pipeline.Break(new InvalidOperationException($"the back-end {Backend.Description.Name} has failed"));
                break;
        }
    }
}
