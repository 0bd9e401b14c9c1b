using System.Diagnostics;

namespace RdmaPipeline.Benchmarks;

/// <summary>One datagram of the size of a 64 B SEND there and back over the bare sockets, both ends polling.</summary>
internal sealed class RawUdpPingPongCase : IBenchmarkCase
{
    private const int DatagramLength = 80;
    private const int Port = 47910;
    private readonly RawUdpEnd _near = new("127.0.0.31", "127.0.0.32", Port);
    private readonly RawUdpEnd _far = new("127.0.0.32", "127.0.0.31", Port);

    public string Name => "raw UDP, polling";

    public Workload Workload => Workload.PingPong64B;

    public Sample Run(TimeSpan duration)
    {
        using var far = new PollingPeer("raw echo", Echo);
        var calls = _near.Counters.SystemCalls + _far.Counters.SystemCalls;
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        long trips = 0;
        while (clock.Elapsed < duration)
        {
            for (var i = 0; i < 64; i++, trips++)
            {
                _near.TrySend(1, DatagramLength);
                while (_near.Receive() == 0)
                {
                }
            }
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        var systemCalls = _near.Counters.SystemCalls + _far.Counters.SystemCalls - calls;
        return new Sample(seconds / (2 * trips), 2 * trips, systemCalls, allocated);
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }

    private void Echo()
    {
        for (var arrived = _far.Receive(); arrived > 0; arrived--)
            _far.TrySend(1, DatagramLength);
    }
}
