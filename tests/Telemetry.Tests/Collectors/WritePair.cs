using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Two devices in memory and a reliable connection; the near end writes into the memory of the far one.</summary>
internal sealed class WritePair : IDisposable
{
    private const int Depth = 16;

    private readonly WorkCompletion[] _done = new WorkCompletion[Depth];
    private readonly CompletionQueue _completions;
    private readonly QueuePair _queuePair;
    private readonly SendWorkRequest _write;

    public WritePair(string fabric, int bytes, DeviceOptions? options = null)
    {
        Near = RdmaPipelineDevice.Open($"mem://{fabric}/near", options);
        Far = RdmaPipelineDevice.Open($"mem://{fabric}/far", options);
        var (sender, target) = (Near.CreateProtectionDomain(), Far.CreateProtectionDomain());
        var source = sender.AllocateMemory(bytes);
        var sink = target.AllocateMemory(bytes, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        _completions = Near.CreateCompletionQueue(2 * Depth);
        var unused = Far.CreateCompletionQueue(1);
        _queuePair = sender.CreateQueuePair(new() { SendCompletionQueue = _completions, ReceiveCompletionQueue = _completions });
        var peer = target.CreateQueuePair(new() { SendCompletionQueue = unused, ReceiveCompletionQueue = unused });
        _queuePair.ConnectTo(peer.LocalEndpoint);
        peer.ConnectTo(_queuePair.LocalEndpoint);
        _write = new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = source.Entry(),
            RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey,
        };
    }

    public RdmaDevice Near { get; }

    public RdmaDevice Far { get; }

    /// <summary>Writes so many messages, each to its completion. Allocates nothing.</summary>
    public void Write(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _queuePair.PostSend(_write);
            while (_completions.Poll(_done) == 0)
            {
            }

            if (_done[0].Status != WorkCompletionStatus.Success) Assert.Fail($"A write ended with {_done[0].Status}.");
        }
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
