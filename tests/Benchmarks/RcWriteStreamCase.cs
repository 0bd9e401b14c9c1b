using System.Diagnostics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>
/// RC WRITEs, of 64 KiB if not said otherwise, 24 in flight, one completion for every fourth, from one buffer to one buffer as TCP's case
/// and as perftest does it; one polling thread at each end. The devices are set up for streams: all 24 messages fit into the window, and
/// over sockets the medium is looked at every 60 µs.
/// </summary>
internal sealed class RcWriteStreamCase(
    string name, string nearUri, string farUri, PathMtu mtu, int messageSize = 65536, TracingOptions? traces = null)
    : IBenchmarkCase
{
    private const int InFlight = 24;
    private const int SignalEvery = 4;
    private const int LongestMessage = 65536;
    private readonly RcPair _pair = new(nearUri, farUri, mtu, OptionsFor(nearUri, traces), messageSize);

    public string Name => name;

    public Workload Workload => Workload.Stream64KiB;

    public Sample Run(TimeSpan duration)
    {
        using var far = new PollingPeer("rc far end", () => _pair.Far.Poll());
        Transfer(InFlight);
        var (packets, calls) = _pair.Counts();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        long messages = 0;
        while (clock.Elapsed < duration)
            messages += Transfer(4 * InFlight);
        var seconds = clock.Elapsed.TotalSeconds;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        var (packetsAfter, callsAfter) = _pair.Counts();
        return new Sample(messages * (double)messageSize / seconds, packetsAfter - packets, callsAfter - calls, allocated);
    }

    public void Dispose() => _pair.Dispose();

    private static DeviceOptions OptionsFor(string uri, TracingOptions? traces) => new()
    {
        Traces = traces ?? new TracingOptions(),
        WindowBytes = InFlight * LongestMessage,
        ReceiveModeration = TimeSpan.FromMicroseconds(uri.StartsWith("udp:", StringComparison.Ordinal) ? 60 : 0),
    };

    private int Transfer(int count)
    {
        int posted = 0, done = 0;
        while (done < count)
        {
            while (posted < count && posted - done < InFlight)
                Post(posted++);
            done += SignalEvery * _pair.Near.Poll().Length;
        }

        return count;
    }

    private void Post(int index)
    {
        var offset = (ulong)(index % messageSize);
        var near = _pair.Near;
        near.QueuePair.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite,
            Flags = index % SignalEvery == SignalEvery - 1 ? SendFlags.Signaled : SendFlags.None,
            Entry = new ScatterGatherEntry(near.Region.Address, (uint)messageSize, near.Region.LocalKey),
            RemoteAddress = _pair.Far.Region.Address,
            RemoteKey = _pair.Far.Region.RemoteKey,
        });
    }
}
