using System.Diagnostics;
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

    protected override Task<long> WriteAllAsync(Stopwatch clock, TimeSpan duration) => WriteAllAsync(_near, clock, duration);

    protected override Task ReadAllAsync() => ReadAllAsync(_far);

    protected override (long Packets, long SystemCalls) Counts() => default;

    protected override void Close()
    {
        _near.Dispose();
        _pair.Dispose();
        _far.Dispose();
    }
}
