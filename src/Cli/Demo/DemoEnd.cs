using System.Diagnostics;
using RdmaPipeline.Cli.Export;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Demo;

/// <summary>One device of the demonstration, with a connected queue pair and one registered buffer.</summary>
public sealed class DemoEnd : IDisposable
{
    /// <summary>Bytes of the buffer: the largest message between its guards.</summary>
    public const int BufferSize = DemoCase.MaxSize + 4096;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly WorkCompletion[] _one = new WorkCompletion[1];
    private readonly Queue<WorkCompletion> _early = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);

    /// <summary>Opens the device at <paramref name="uri"/> and registers the buffer for everything a peer may do.</summary>
    public DemoEnd(string uri, PipelinePreset preset)
    {
        Device = RdmaPipelineDevice.Open(uri, new() { Preset = preset, Traces = TracedDevices.Options });
        Domain = Device.CreateProtectionDomain();
        Region = Domain.RegisterMemory(_buffer,
            AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic);
        Completions = Device.CreateCompletionQueue(128);
        QueuePair = Domain.CreateQueuePair(new()
        {
            SendCompletionQueue = Completions, ReceiveCompletionQueue = Completions, SignalAll = true,
        });
    }

    public RdmaDevice Device { get; }

    public ProtectionDomain Domain { get; }

    public CompletionQueue Completions { get; }

    public QueuePair QueuePair { get; }

    public MemoryRegion Region { get; }

    /// <summary>The memory itself.</summary>
    public Span<byte> Memory => _buffer;

    /// <summary>A piece of the buffer for a work request.</summary>
    public ScatterGatherEntry Entry(int offset, int length) => Region.Entry((ulong)offset, (ulong)length);

    /// <summary>A region of its own that the peer may write once and then has to give back by a send with invalidate.</summary>
    public MemoryRegion Lend() =>
        Domain.RegisterMemory(new byte[64], AccessFlags.LocalWrite | AccessFlags.RemoteWrite, peerMayInvalidate: true);

    /// <summary>
    /// Polls until as many completions came as <paramref name="into"/> holds; throws when one failed or none comes for a minute.
    /// The peer is polled too: a simulated device does nothing but when it is.
    /// </summary>
    public void Await(Span<WorkCompletion> into, string what, DemoEnd peer)
    {
        var waiting = Stopwatch.StartNew();
        for (var have = 0; have < into.Length;)
        {
            var count = Poll(into[have..]);
            if (count == 0) peer.PollAhead();
            for (var i = have; i < have + count; i++)
                if (!into[i].IsSuccess) throw new CliException($"{what}: work request {into[i].WorkRequestId} ended with {into[i].Status}");
            have += count;
            if (count > 0) waiting.Restart();
            else if (waiting.Elapsed > s_patience) throw new CliException($"{what}: nothing completed for {s_patience.TotalSeconds} s");
        }
    }

    private int Poll(Span<WorkCompletion> into) => _early.TryDequeue(out into[0]) ? 1 : Completions.Poll(into);

    private void PollAhead()
    {
        if (Completions.Poll(_one) == 1) _early.Enqueue(_one[0]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        QueuePair.Dispose();
        Completions.Dispose();
        Region.Dispose();
        Domain.Dispose();
        Device.Dispose();
    }
}
