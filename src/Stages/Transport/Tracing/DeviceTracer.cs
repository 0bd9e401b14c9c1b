using System.Collections.Immutable;
using System.Diagnostics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// What the tracers of a device's queue pairs share: the options, the clock, and how many messages are being traced now. While none is,
/// stages look at one flag.
/// </summary>
internal sealed class DeviceTracer(DeviceOptions options, string device, IDropObserver? drops) : StageObserver, IDropObserver
{
    private ImmutableArray<(Gid Peer, TraceSideChannel Channel)> _channels = [];
    private LateLinks? _links;
    private int _live;

    /// <summary>Whether anybody wants spans at all.</summary>
    public static bool HasListeners => RdmaPipelineTelemetry.Source.HasListeners();

    public string Device => device;

    public TraceClock Clock { get; } = TraceClock.Of(options);

    /// <summary>How rarely messages are chosen.</summary>
    public SamplePace Pace { get; } = options.Traces.SampleRatio is { } ratio
        ? new(ratio)
        : new(options.Traces.SampleInterval, options.Traces.MaxPerSecond);

    public bool ResponderIsChild => options.Traces.ResponderIsChild;

    /// <summary>The spans of messages whose senders tell by a channel.</summary>
    public LateLinks Links =>
        Volatile.Read(ref _links) ?? Interlocked.CompareExchange(ref _links, Clock.MakeLinks(FinishNow), null) ?? _links;

    /// <summary>Asks the graph for its revision.</summary>
    public Func<long> Revision { get; set; } = static () => 1;

    /// <summary>A message is traced from now on.</summary>
    public void Begin()
    {
        Interlocked.Increment(ref _live);
        IsWatching = true;
    }

    /// <summary>All is known of a message that was begun here.</summary>
    public void Finish(MessageTrace message)
    {
        // While it waits for its sender to become known no stage need look at bursts for it.
        if (message.TrySettle())
            End();
        if (message.AwaitedSender is not { } key || !Links.TryKeep(key, message))
            FinishNow(message);
    }

    /// <summary>The device is closed: nothing waits any longer.</summary>
    public void Close() => Volatile.Read(ref _links)?.LetGo();

    /// <summary>Says to a peer that a message to it is traced, where there is a channel for that.</summary>
    public void Tell(in PeerAddress peer, in TraceRecord record)
    {
        foreach (var (gid, channel) in _channels)
        {
            if (gid.Value == peer.Gid)
                channel.Offer(record);
        }
    }

    /// <summary>Whether a peer tells of its traces.</summary>
    public bool HasChannelTo(in PeerAddress peer)
    {
        foreach (var (gid, _) in _channels)
        {
            if (gid.Value == peer.Gid)
                return true;
        }
        return false;
    }

    /// <summary>A channel to a peer begins.</summary>
    public void AddChannel(Gid peer, TraceSideChannel channel) =>
        ImmutableInterlocked.Update(ref _channels, (channels, added) => channels.Add(added), (peer, channel));

    /// <summary>A channel has ended.</summary>
    public void RemoveChannel(TraceSideChannel channel) => ImmutableInterlocked.Update(
        ref _channels, (channels, ended) => channels.RemoveAll(entry => entry.Channel == ended), channel);

    /// <summary>What was begun is done, or did not come about.</summary>
    public void End()
    {
        if (Interlocked.Decrement(ref _live) != 0)
            return;
        IsWatching = false;
        // Another shard may have begun one in between.
        if (Volatile.Read(ref _live) != 0)
            IsWatching = true;
    }

    /// <summary>A burst has come from the wire: where it goes may be of interest.</summary>
    /// <param name="burst">The burst.</param>
    /// <param name="asked">When the back-end was asked for it; 0 when nothing was of interest then.</param>
    public void Arrived(PacketBurst burst, long asked)
    {
        // A sender in this process traces what is in it.
        IsWatching = true;
        BurstJourney.Of(burst).Enter(StageNames.Receive, asked == 0 ? Clock.Nanoseconds : asked);
    }

    private void FinishNow(MessageTrace message) => message.Finish(Revision());

    /// <inheritdoc/>
    protected override void Entered(string stage, IBurst burst) =>
        BurstJourney.Find((PacketBurst)burst)?.Enter(stage, Clock.Nanoseconds);

    /// <inheritdoc/>
    protected override Activity? SpanOf(IBurst burst) =>
        BurstJourney.Find((PacketBurst)burst) is { Messages: [var first, ..] } ? first.Message.Span : null;

    /// <inheritdoc/>
    protected override void Left(string stage, IBurst burst) => BurstJourney.Find((PacketBurst)burst)?.Leave(stage, Clock.Nanoseconds);

    /// <inheritdoc/>
    public void Dropped(string stage, IBurst? burst, DropReason reason, int items)
    {
        drops?.Dropped(stage, burst, reason, items);
        if (!IsWatching || burst is not PacketBurst packets || BurstJourney.Find(packets) is not { } journey)
            return;
        // Behind dispatch a queue pair tells of its own drops, and knows the packet.
        if (packets.State == BurstStage.Decoded)
            return;
        foreach (var (message, _) in journey.Messages)
        {
            message.AddDrop(stage, reason, Clock.Nanoseconds);
            if (!message.IsAnswered)
                continue;
            // Whoever asks again is answered anew, and that is no part of this.
            message.End(Clock.Nanoseconds);
            Finish(message);
        }
    }
}
