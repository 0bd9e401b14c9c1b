using System.Threading.Channels;
using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;

namespace RdmaPipeline.Hosting.Control.Taps;

/// <summary>
/// A tap in an edge of a running graph. Packets are copied behind it, by somebody who may be slow: what he has no room for is missed and
/// counted, and the graph waits for nobody.
/// </summary>
internal sealed class EdgeTap : IAsyncDisposable
{
    private const int BurstsWaiting = 64;
    private const int PacketsWaiting = 1024;

    private static int s_last;

    private readonly Channel<TappedPacket> _packets = Channel.CreateBounded<TappedPacket>(PacketsWaiting);
    private readonly ActionBlock<PacketBurst> _onlooker;
    private readonly DevicePipeline _pipeline;
    private readonly string _name;
    private readonly ushort _port;

    private EdgeTap(DevicePipeline pipeline)
    {
        _pipeline = pipeline;
        _name = $"control_tap_{Interlocked.Increment(ref s_last)}";
        _port = pipeline.Backend.UdpPort;
        _onlooker = new ActionBlock<PacketBurst>(TakeAsync, new ExecutionDataflowBlockOptions { BoundedCapacity = BurstsWaiting });
    }

    /// <summary>The packets; ends with a <see cref="TapRefusedException"/> where they turn out to have no frames.</summary>
    public ChannelReader<TappedPacket> Packets => _packets.Reader;

    /// <summary>Packets that were missed.</summary>
    public long Missed => _pipeline.Describe().Stages.FirstOrDefault(stage => stage.Name == _name)?.Drops
        .GetValueOrDefault(DropReasons.Name(DropReason.QueueFull)) ?? 0;

    /// <summary>Puts a tap into an edge.</summary>
    public static async Task<EdgeTap> AttachAsync(DevicePipeline pipeline, EdgeDescriptor edge, CancellationToken cancellation)
    {
        var tap = new EdgeTap(pipeline);
        var stage = new StageSpec<PacketBurst> { Name = tap._name, Factory = () => new TapStage(tap._name, tap._onlooker) };
        await pipeline.ReconfigureAsync(graph => graph.InsertAfter(edge.From, stage, edge.Port), cancellationToken: cancellation)
            .ConfigureAwait(false);
        return tap;
    }

    /// <summary>What the frames of a device begin with.</summary>
    public static string LinkOf(DevicePipeline pipeline) =>
        pipeline.Backend.LinkType == LinkType.InfiniBand ? nameof(LinkType.InfiniBand) : "Ethernet";

    /// <summary>Takes the tap out again, and gives back what is on its way to the onlooker.</summary>
    public async ValueTask DisposeAsync()
    {
        _packets.Writer.TryComplete();
        try
        {
            await _pipeline.ReconfigureAsync(graph => graph.Remove(_name)).ConfigureAwait(false);
        }
        catch (Exception end) when (end is InvalidOperationException or StageGraphException or ArgumentException or TimeoutException)
        {
            // The graph is ending, or somebody else has taken it out. Where it stays, it shows packets to nobody.
        }

        _onlooker.Complete();
        await _onlooker.Completion.ConfigureAwait(false);
    }

    private async Task TakeAsync(PacketBurst burst)
    {
        try
        {
            long now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            if (burst.State == BurstStage.Unencoded)
            {
                _packets.Writer.TryComplete(new TapRefusedException("packets of this edge have no frames yet: tap the edge from encode"));
                return;
            }

            for (int i = 0; i < burst.Count; i++)
            {
                var packet = new TappedPacket(now, TapFrame.Of(burst, i, _port), TapFrame.Comment(burst, i));
                await _packets.Writer.WriteAsync(packet).ConfigureAwait(false);
            }
        }
        catch (ChannelClosedException)
        {
            // Nobody wants to see it any more.
        }
        finally
        {
            burst.Release();
        }
    }
}
