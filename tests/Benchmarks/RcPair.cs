using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>Two devices and a connected queue pair on each, with a region of memory at both ends.</summary>
internal sealed class RcPair : IDisposable
{
    private const int QueueDepth = 64;

    public RcPair(string nearUri, string farUri, PathMtu mtu, DeviceOptions options, int regionLength)
    {
        Near = new RcEnd(nearUri, options, regionLength, QueueDepth);
        Far = new RcEnd(farUri, options, regionLength, QueueDepth);
        Near.QueuePair.ConnectTo(Far.QueuePair.LocalEndpoint, new ConnectOptions { PathMtu = mtu });
        Far.QueuePair.ConnectTo(Near.QueuePair.LocalEndpoint, new ConnectOptions { PathMtu = mtu });
    }

    public RcEnd Near { get; }

    public RcEnd Far { get; }

    /// <summary>Packets sent and data-moving system calls made so far, by both ends.</summary>
    public (long Packets, long SystemCalls) Counts()
    {
        var near = Near.Device.GetPipeline().BackendCounters;
        var far = Far.Device.GetPipeline().BackendCounters;
        return (near.Sent.Packets + far.Sent.Packets, near.SystemCalls + far.SystemCalls);
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
