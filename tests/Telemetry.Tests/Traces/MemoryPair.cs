using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>Two connected devices in memory, driven by the thread that polls; a WRITE at a time.</summary>
internal sealed class MemoryPair : IDisposable
{
    private readonly RdmaDevice _left;
    private readonly RdmaDevice _right;
    private readonly CompletionQueue _queue;
    private readonly QueuePair _queuePair;
    private readonly SendWorkRequest _write;
    private readonly WorkCompletion[] _done = new WorkCompletion[1];

    public MemoryPair(string fabric, TracingOptions traces)
    {
        var options = new DeviceOptions { Traces = traces };
        _left = RdmaPipelineDevice.Open($"mem://traces-{fabric}/left", options);
        _right = RdmaPipelineDevice.Open($"mem://traces-{fabric}/right", options);
        var (from, to) = (_left.CreateProtectionDomain(), _right.CreateProtectionDomain());
        var (source, sink) = (from.AllocateMemory(64), to.AllocateMemory(64, AccessFlags.LocalWrite | AccessFlags.RemoteWrite));
        _queue = _left.CreateCompletionQueue(16);
        var other = _right.CreateCompletionQueue(16);
        _queuePair = from.CreateQueuePair(new() { SendCompletionQueue = _queue, ReceiveCompletionQueue = _queue });
        var peer = to.CreateQueuePair(new() { SendCompletionQueue = other, ReceiveCompletionQueue = other });
        _queuePair.ConnectTo(peer.LocalEndpoint);
        peer.ConnectTo(_queuePair.LocalEndpoint);
        _write = new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = source.Entry(), RemoteAddress = sink.Address,
            RemoteKey = sink.RemoteKey,
        };
        Other = other;
    }

    private CompletionQueue Other { get; }

    public void Write(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _queuePair.PostSend(_write);
            while (_queue.Poll(_done) == 0)
                Other.Poll(_done);
            if (_done[0].Status != WorkCompletionStatus.Success)
                Assert.Fail($"{_done[0].Status}");
        }
    }

    public IReadOnlyList<Graph.LawViolation> CheckLaws()
    {
        Dispose();
        return [.. _left.GetPipeline().CheckLaws(), .. _right.GetPipeline().CheckLaws()];
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }
}
