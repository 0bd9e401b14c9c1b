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

    protected override ValueTask WriteAsync(ReadOnlyMemory<byte> message) =>
        _nearPipe is null ? _near.WriteAsync(message) : ProduceAsync(message.Length);

    protected override async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        if (_farPipe is null)
            return await _far.ReadAsync(buffer).ConfigureAwait(false);
        var read = await _farPipe.Input.ReadAsync().ConfigureAwait(false);
        int length = (int)read.Buffer.Length;
        _farPipe.Input.AdvanceTo(read.Buffer.End);
        return length;
    }

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
    private async ValueTask ProduceAsync(int length)
    {
        while (length > 0)
        {
            int room = Math.Min(length, _nearPipe!.Output.GetMemory().Length);
            _nearPipe.Output.Advance(room);
            length -= room;
        }

        await _nearPipe!.Output.FlushAsync().ConfigureAwait(false);
    }
}
