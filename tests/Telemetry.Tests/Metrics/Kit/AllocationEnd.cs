using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Metrics.Kit;

/// <summary>What a thread needs that posts and polls; everything is allocated beforehand.</summary>
internal sealed class AllocationEnd
{
    private const int Length = 65_536;
    private readonly CompletionQueue _queue;
    private readonly WorkCompletion[] _one = new WorkCompletion[1];

    public AllocationEnd(RdmaDevice device)
    {
        var domain = device.CreateProtectionDomain();
        _queue = device.CreateCompletionQueue(64);
        Memory = domain.AllocateMemory(Length, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        QueuePair = domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = QueuePairType.ReliableConnection, SendCompletionQueue = _queue, ReceiveCompletionQueue = _queue,
        });
    }

    public MemoryRegion Memory { get; }

    public QueuePair QueuePair { get; }

    /// <summary>Posts and polls until it is done.</summary>
    public void Do(in SendWorkRequest request)
    {
        QueuePair.PostSend(request);
        while (_queue.Poll(_one) == 0)
            Thread.Yield();
        if (!_one[0].IsSuccess)
            Assert.Fail($"{_one[0].Status}");
    }
}
