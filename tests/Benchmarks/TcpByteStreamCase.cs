using System.Net.Sockets;

namespace RdmaPipeline.Benchmarks;

/// <summary>The peer everybody has: a <see cref="NetworkStream"/> over TCP.</summary>
internal sealed class TcpByteStreamCase : ByteStreamCase
{
    private readonly TcpPair _pair = new();
    private readonly NetworkStream _near;
    private readonly NetworkStream _far;

    public TcpByteStreamCase()
        : base("TCP NetworkStream") => (_near, _far) = (new NetworkStream(_pair.Near), new NetworkStream(_pair.Far));

    protected override ValueTask WriteAsync(ReadOnlyMemory<byte> message) => _near.WriteAsync(message);

    protected override ValueTask<int> ReadAsync(Memory<byte> buffer) => _far.ReadAsync(buffer);

    protected override (long Packets, long SystemCalls) Counts() => default;

    protected override void Close()
    {
        _near.Dispose();
        _pair.Dispose();
        _far.Dispose();
    }
}
