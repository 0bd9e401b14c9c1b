using System.Threading.Channels;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;

namespace RdmaPipeline.Hosting.Control.Taps;

/// <summary>
/// A <see cref="CaptureStage"/> in an edge of a running graph that shows its frames to somebody who may be slow: what he has no room for is
/// missed and counted, and the graph waits for nobody.
/// </summary>
internal sealed class EdgeTap : ICaptureTarget
{
    private const int PacketsOnTheWay = 64;

    private static readonly BoundedChannelOptions s_options = new(PacketsOnTheWay) { SingleReader = true, SingleWriter = true };
    private static int s_last;

    private readonly Channel<TappedPacket> _packets = Channel.CreateBounded<TappedPacket>(s_options);
    private readonly DevicePipeline _pipeline;
    private readonly TimeSpan _patience;
    private readonly string _name;
    private CaptureStage? _stage;
    private bool _isOut;

    private EdgeTap(DevicePipeline pipeline, TimeSpan patience)
    {
        (_pipeline, _patience) = (pipeline, patience);
        _name = $"control_tap_{Interlocked.Increment(ref s_last)}";
    }

    /// <summary>The packets; they end when the tap is out of the graph and all that it had seen was shown.</summary>
    public ChannelReader<TappedPacket> Packets => _packets.Reader;

    /// <summary>Packets that were missed.</summary>
    public long Missed => _stage?.Missed ?? 0;

    /// <summary>Puts a tap into an edge.</summary>
    /// <param name="pipeline">The graph.</param>
    /// <param name="edge">Which edge of it.</param>
    /// <param name="patience">How long each attempt to change the graph may take.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="TapRefusedException">The graph has changed meanwhile, and the edge is gone.</exception>
    /// <exception cref="TimeoutException">What is under way in the edge does not go on.</exception>
    public static async Task<EdgeTap> AttachAsync(
        DevicePipeline pipeline, EdgeDescriptor edge, TimeSpan patience, CancellationToken cancellation)
    {
        var tap = new EdgeTap(pipeline, patience);
        var stage = new StageSpec<PacketBurst> { Name = tap._name, Factory = tap.MakeStage };
        try
        {
            await pipeline.ReconfigureAsync(graph => graph.InsertAfter(edge.From, stage, edge.Port), patience, cancellation)
                .ConfigureAwait(false);
            return tap;
        }
        catch (StageGraphException refused)
        {
            throw new TapRefusedException($"edge {TapSearch.NameOf(edge)} cannot be tapped now: {refused.Message}");
        }
    }

    /// <summary>What the frames of a device begin with.</summary>
    public static string LinkOf(DevicePipeline pipeline) =>
        pipeline.Backend.LinkType == LinkType.InfiniBand ? nameof(LinkType.InfiniBand) : "Ethernet";

    /// <summary>Takes the tap out of the graph. Then come the packets that it has seen before, and the end of them.</summary>
    /// <exception cref="TimeoutException">What is under way in the edge does not go on: the tap is still there.</exception>
    public async Task EndAsync()
    {
        if (_isOut)
            return;
        try
        {
            await _pipeline.ReconfigureAsync(graph => graph.Remove(_name), _patience).ConfigureAwait(false);
        }
        catch (Exception end) when (end is InvalidOperationException or StageGraphException)
        {
            // The graph is ending, or somebody else has taken it out.
            _packets.Writer.TryComplete();
        }

        _isOut = true;
    }

    /// <summary>Shows nothing more, and takes the tap out as soon as that can be.</summary>
    /// <param name="cancellation">Makes the next attempt the last one.</param>
    public async Task LeaveAsync(CancellationToken cancellation)
    {
        _packets.Writer.TryComplete();
        do
        {
            try
            {
                await EndAsync().ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // It stands in an edge where nothing moves: others may change the graph in between.
            }
        }
        while (!_isOut && !cancellation.IsCancellationRequested);
    }

    // The capture's thread waits for who looks; once nobody does, it has nothing to wait for.
    void ICaptureTarget.Write(in CapturedBytes packet, ReadOnlySpan<byte> frame, int originalLength)
    {
        var tapped = new TappedPacket(packet.Nanoseconds, frame.ToArray(), packet.Comment)
        {
            OriginalLength = originalLength > frame.Length ? originalLength : null,
        };
        while (!_packets.Writer.TryWrite(tapped))
        {
            if (!_packets.Writer.WaitToWriteAsync().AsTask().GetAwaiter().GetResult())
                return;
        }
    }

    void ICaptureTarget.Flush()
    {
        // Each packet goes by itself.
    }

    void IDisposable.Dispose() => _packets.Writer.TryComplete();

    // Asked again by whoever goes back to a revision that had the tap: nobody looks any more.
    private CaptureStage MakeStage()
    {
        var stage = new CaptureStage(this, CaptureOptions.DefaultBufferedPackets, CaptureOptions.DefaultSnapLength);
        return Interlocked.CompareExchange(ref _stage, stage, null) is null
            ? stage
            : throw new InvalidOperationException($"the tap {_name} has ended: go back to a revision without it");
    }
}
