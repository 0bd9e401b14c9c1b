using System.Diagnostics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>64 B RC SENDs there and back; one polling thread at each end.</summary>
internal sealed class RcPingPongCase : IBenchmarkCase
{
    private const int MessageSize = 64;
    private const int Receives = 32;
    private readonly RcPair _pair;

    public RcPingPongCase(string name, string nearUri, string farUri)
    {
        Name = name;
        _pair = new RcPair(nearUri, farUri, PathMtu.Mtu1024, new DeviceOptions(), MessageSize);
        for (var i = 0; i < Receives; i++)
        {
            PostReceive(_pair.Near);
            PostReceive(_pair.Far);
        }
    }

    public string Name { get; }

    public Workload Workload => Workload.PingPong64B;

    public Sample Run(TimeSpan duration)
    {
        using var far = new PollingPeer("rc echo", () => Echo(_pair.Far));
        Trips(64);
        var (packets, calls) = _pair.Counts();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        long trips = 0;
        while (clock.Elapsed < duration)
            trips += Trips(64);
        var seconds = clock.Elapsed.TotalSeconds;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        var (packetsAfter, callsAfter) = _pair.Counts();
        return new Sample(seconds / (2 * trips), packetsAfter - packets, callsAfter - calls, allocated);
    }

    public void Dispose() => _pair.Dispose();

    private int Trips(int count)
    {
        for (var trip = 0; trip < count; trip++)
        {
            PostSend(_pair.Near);
            while (Received(_pair.Near) == 0)
            {
            }
        }

        return count;
    }

    private static void Echo(RcEnd end)
    {
        for (var arrived = Received(end); arrived > 0; arrived--)
            PostSend(end);
    }

    private static int Received(RcEnd end)
    {
        var received = 0;
        foreach (ref readonly var completion in end.Poll())
        {
            if (completion.Opcode != WorkCompletionOpcode.Receive)
                continue;
            PostReceive(end);
            received++;
        }

        return received;
    }

    private static void PostSend(RcEnd end) => end.QueuePair.PostSend(new SendWorkRequest
    {
        Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = Buffer(end),
    });

    private static void PostReceive(RcEnd end) => end.QueuePair.PostReceive(new ReceiveWorkRequest { Entry = Buffer(end) });

    private static ScatterGatherEntry Buffer(RcEnd end) => new(end.Region.Address, MessageSize, end.Region.LocalKey);
}
