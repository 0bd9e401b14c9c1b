using System.Diagnostics;

namespace RdmaPipeline.Benchmarks;

/// <summary>
/// The datagrams of a WRITE stream (12 B header, payload, 4 B check) over the bare sockets, at most 8 segmented sends in flight so that
/// none is lost; the window is a counter the two threads share, which costs nothing on the wire.
/// </summary>
internal sealed class RawUdpStreamCase(int mtu) : IBenchmarkCase
{
    private const int Overhead = 16;
    private const int Window = 8;
    private const int Port = 47911;
    private readonly RawUdpEnd _near = new("127.0.0.31", "127.0.0.32", Port + mtu);
    private readonly RawUdpEnd _far = new("127.0.0.32", "127.0.0.31", Port + mtu);
    private readonly int _perBurst = Math.Min(60, 65507 / (mtu + Overhead));
    private long _arrived;

    public string Name => $"raw UDP, {mtu} B, segmented";

    public Workload Workload => Workload.Stream64KiB;

    public Sample Run(TimeSpan duration)
    {
        using var far = new PollingPeer("raw far end", () => Volatile.Write(ref _arrived, _arrived + _far.Receive()));
        var calls = _near.Counters.SystemCalls + _far.Counters.SystemCalls;
        var first = Volatile.Read(ref _arrived);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        long sent = 0;
        while (clock.Elapsed < duration)
        {
            if (sent - (Volatile.Read(ref _arrived) - first) < Window * _perBurst && _near.TrySend(_perBurst, mtu + Overhead))
                sent += _perBurst;
        }

        while (Volatile.Read(ref _arrived) - first < sent && clock.Elapsed < 2 * duration)
        {
        }

        var arrived = Volatile.Read(ref _arrived) - first;
        if (arrived != sent)
            throw new InvalidOperationException($"{sent - arrived} of {sent} datagrams were lost.");
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        var systemCalls = _near.Counters.SystemCalls + _far.Counters.SystemCalls - calls;
        return new Sample(arrived * (double)mtu / clock.Elapsed.TotalSeconds, sent, systemCalls, allocated);
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }
}
