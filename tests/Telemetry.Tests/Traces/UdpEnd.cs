using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>One end of a connection between two devices.</summary>
internal sealed class UdpEnd
{
    private readonly CompletionQueue _queue;
    private readonly MemoryRegion _memory;
    private readonly WorkCompletion[] _done = new WorkCompletion[1];

    public UdpEnd(RdmaDevice device, QueuePairType type)
    {
        var domain = device.CreateProtectionDomain();
        _queue = device.CreateCompletionQueue(64);
        _memory = domain.AllocateMemory(4096, AccessFlags.LocalWrite);
        QueuePair = domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = type, SendCompletionQueue = _queue, ReceiveCompletionQueue = _queue, SignalAll = true,
        });
    }

    public QueuePair QueuePair { get; }

    /// <summary>Sends a message and sees it arrive.</summary>
    public async Task SendToAsync(UdpEnd peer, int length = 64)
    {
        peer.QueuePair.PostReceive(new ReceiveWorkRequest { Entry = peer._memory.Entry() });
        QueuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Entry = _memory.Entry(0, (ulong)length) });
        await peer.ExpectAsync();
        await ExpectAsync();
    }

    private async Task ExpectAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _queue.PollAsync(_done, limit.Token);
        Assert.Equal(WorkCompletionStatus.Success, _done[0].Status);
    }
}
