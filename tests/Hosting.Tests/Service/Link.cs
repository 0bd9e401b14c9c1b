using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>A queue pair on each of two devices, connected, with memory that the other may write.</summary>
internal sealed class Link
{
    public const int Size = 1 << 20;

    private readonly MemoryRegion _source;
    private readonly MemoryRegion _sink;

    public Link(RdmaDevice a, RdmaDevice b, ConnectOptions? options = null)
    {
        var (left, right) = (a.CreateProtectionDomain(), b.CreateProtectionDomain());
        _source = left.AllocateMemory(Size);
        _sink = right.AllocateMemory(Size, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        Queue = a.CreateCompletionQueue(64);
        var far = b.CreateCompletionQueue(64);
        A = left.CreateQueuePair(new() { SendCompletionQueue = Queue, ReceiveCompletionQueue = Queue });
        B = right.CreateQueuePair(new() { SendCompletionQueue = far, ReceiveCompletionQueue = far });
        A.ConnectTo(B.LocalEndpoint, options);
        B.ConnectTo(A.LocalEndpoint, options);
    }

    public CompletionQueue Queue { get; }

    public QueuePair A { get; }

    public QueuePair B { get; }

    public void Write() => A.PostSend(new SendWorkRequest
    {
        Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = _source.Entry(),
        RemoteAddress = _sink.Address, RemoteKey = _sink.RemoteKey,
    });
}
