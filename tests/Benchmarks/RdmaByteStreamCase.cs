using System.Diagnostics;
using System.IO.Pipelines;
using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>An <see cref="RdmaStream"/>, or the pipes over one, with the options that they have by themselves and an MTU of 4096.</summary>
internal sealed class RdmaByteStreamCase : ByteStreamCase
{
    private readonly RdmaDevice _nearDevice;
    private readonly RdmaDevice _farDevice;
    private readonly RdmaStream _near;
    private readonly RdmaStream _far;
    private readonly RdmaDuplexPipe? _nearPipe;
    private readonly RdmaDuplexPipe? _farPipe;

    public RdmaByteStreamCase(string name, string nearUri, string farUri, bool byPipes)
        : base(name)
    {
        (_nearDevice, _farDevice) = (RdmaPipelineDevice.Open(nearUri), RdmaPipelineDevice.Open(farUri));
        var options = new RdmaStreamOptions { Connect = new ConnectOptions { PathMtu = PathMtu.Mtu4096 } };
        using var near = RdmaStream.Prepare(_nearDevice, options);
        using var far = RdmaStream.Prepare(_farDevice, options);
        (_near, _far) = (near.Connect(far.Offer), far.Connect(near.Offer));
        if (byPipes)
            (_nearPipe, _farPipe) = (new RdmaDuplexPipe(_near), new RdmaDuplexPipe(_far));
    }

    protected override Task<long> WriteAllAsync(Stopwatch clock, TimeSpan duration) =>
        _nearPipe is null ? WriteAllAsync(_near, clock, duration) : ProduceAllAsync(_nearPipe.Output, clock, duration);

    protected override Task ReadAllAsync() => _farPipe is null ? ReadAllAsync(_far) : ConsumeAllAsync(_farPipe.Input);

    protected override (long Packets, long SystemCalls) Counts()
    {
        var (near, far) = (_nearDevice.GetPipeline().BackendCounters, _farDevice.GetPipeline().BackendCounters);
        return (near.Sent.Packets + far.Sent.Packets, near.SystemCalls + far.SystemCalls);
    }

    protected override void Close()
    {
        Task.WaitAll(_near.DisposeAsync().AsTask(), _far.DisposeAsync().AsTask());
        _nearDevice.Dispose();
        _farDevice.Dispose();
    }

    // The bytes are made where they are sent from, as a serializer makes them; which, is of no matter.
    private static async Task<long> ProduceAllAsync(PipeWriter output, Stopwatch clock, TimeSpan duration)
    {
        long sent = 0;
        for (; clock.Elapsed < duration; sent += MessageSize)
        {
            for (int left = MessageSize; left > 0;)
            {
                int room = Math.Min(left, output.GetMemory().Length);
                output.Advance(room);
                left -= room;
            }

            await output.FlushAsync().ConfigureAwait(false);
        }

        return sent;
    }

    private async Task ConsumeAllAsync(PipeReader input)
    {
        bool isEnd = false;
        while (!isEnd)
        {
            var read = await input.ReadAsync().ConfigureAwait(false);
            Receive((int)read.Buffer.Length);
            isEnd = read.IsCompleted;
            input.AdvanceTo(read.Buffer.End);
        }
    }
}
