using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>A queue pair on each of two devices, connected, with memory that the other may write.</summary>
internal sealed class Link
{
    public const int Size = 1 << 20;

    // No wait of a test takes this long; it turns a hang into a failure.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

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

    /// <summary>Writes all of the memory, again and again, each time when the last has arrived.</summary>
    public async Task WriteAsync(int writes = 1)
    {
        for (int i = 0; i < writes; i++)
        {
            Write();
            await FinishAsync();
        }
    }

    /// <summary>A write that was posted arrives.</summary>
    public async Task FinishAsync()
    {
        var done = new WorkCompletion[1];
        await Queue.PollAsync(done).AsTask().WaitAsync(s_patience);
        Assert.Equal(WorkCompletionStatus.Success, done[0].Status);
    }

    public void Write() => A.PostSend(new SendWorkRequest
    {
        Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = _source.Entry(),
        RemoteAddress = _sink.Address, RemoteKey = _sink.RemoteKey,
    });
}
