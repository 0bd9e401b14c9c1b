using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>A device that makes many queue pairs over one completion queue.</summary>
internal sealed class IdleEnd
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _queue;
    private readonly QueuePairInitAttributes _attributes;

    public IdleEnd(RdmaDevice device, QueuePairCapabilities sizes)
    {
        _domain = device.CreateProtectionDomain();
        _queue = device.CreateCompletionQueue(16);
        _attributes = new QueuePairInitAttributes { SendCompletionQueue = _queue, ReceiveCompletionQueue = _queue, Capabilities = sizes };
    }

    public QueuePair Create() => _domain.CreateQueuePair(_attributes);

    /// <summary>Writes nothing to the peer and waits for the acknowledgement.</summary>
    public void ShowAlive(QueuePair queuePair)
    {
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled });
        var one = new WorkCompletion[1];
        if (!SpinWait.SpinUntil(() => _queue.Poll(one) == 1, Patience) || !one[0].IsSuccess)
            throw new InvalidOperationException($"queue pair 0x{queuePair.Number:x} of {_domain.Device.Name} is dead: {one[0].Status}");
    }
}
