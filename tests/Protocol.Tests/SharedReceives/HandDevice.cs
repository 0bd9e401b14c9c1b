using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SharedReceives;

/// <summary>A device without transport, whose queue pairs are machines that a test drives by hand.</summary>
internal sealed class HandDevice
{
    public const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;
    public const int MemoryLength = 16 * 1024;

    private uint _nextNumber = 0x12;

    public HandDevice()
    {
        Domain = Device.CreateProtectionDomain();
        Memory = Domain.AllocateMemory(MemoryLength, All);
        Cq = Device.CreateCompletionQueue(1024);
    }

    public RdmaDevice Device { get; } = new(new IdleProvider());

    /// <summary>The domain of the queue pairs.</summary>
    public ProtectionDomain Domain { get; }

    public MemoryRegion Memory { get; }

    public CompletionQueue Cq { get; }

    /// <summary>A queue pair with a shared receive queue, a reliable connection unless said otherwise.</summary>
    public HandQueuePair Create(
        SharedReceiveQueue shared, CompletionQueue? queue = null, QueuePairType type = QueuePairType.ReliableConnection) =>
        new(this, QueuePairContextFactory.Create(Domain, new QueuePairInitAttributes
        {
            Type = type, SendCompletionQueue = Cq, ReceiveCompletionQueue = queue ?? Cq, SharedReceiveQueue = shared, SignalAll = true,
        }));

    /// <summary>An XRC target.</summary>
    public HandQueuePair CreateTarget(XrcDomain domain) =>
        new(this, QueuePairContextFactory.Create(domain, new QueuePairInitAttributes { Type = QueuePairType.XrcTarget }));

    /// <summary>An XRC initiator.</summary>
    public HandQueuePair CreateInitiator() => new(this, QueuePairContextFactory.Create(
        Domain, new QueuePairInitAttributes { Type = QueuePairType.XrcInitiator, SendCompletionQueue = Cq, SignalAll = true }));

    public SharedReceiveQueue CreateShared(ProtectionDomain? domain = null, int size = 8, int limit = 0) =>
        (domain ?? Domain).CreateSharedReceiveQueue(new() { MaxWorkRequests = size, Limit = limit });

    public SharedReceiveQueue CreateXrc(XrcDomain xrc, ProtectionDomain? domain = null, CompletionQueue? queue = null) =>
        (domain ?? Domain).CreateSharedReceiveQueue(new()
        {
            Type = SharedReceiveQueueType.Xrc, XrcDomain = xrc, CompletionQueue = queue ?? Cq,
        });

    /// <summary>All completions of a queue, as text: "1 Success qp 12, 2 WorkRequestFlushedError qp 12".</summary>
    public static string Completed(CompletionQueue queue) => string.Join(", ",
        Poll(queue).Select(completion => $"{completion.WorkRequestId} {completion.Status} qp {completion.QueuePairNumber:x}"));

    public string Completed() => Completed(Cq);

    public static WorkCompletion[] Poll(CompletionQueue queue)
    {
        var completions = new WorkCompletion[queue.Count];
        if (completions.Length != 0) Assert.Equal(completions.Length, queue.Poll(completions));
        return completions;
    }

    /// <summary>The events of the device's shared receive queues so far.</summary>
    public List<(AsyncEventType Type, SharedReceiveQueue? Queue)> Events()
    {
        var events = new List<(AsyncEventType, SharedReceiveQueue?)>();
        while (Device.AsyncEvents.TryRead(out var happened)) events.Add((happened.Type, happened.SharedReceiveQueue));
        return events;
    }

    internal uint TakeNumber() => _nextNumber++;
}
