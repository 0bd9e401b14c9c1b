using System.Diagnostics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// What the tracers of a shard's queue pairs share: the burst whose packets a machine is being fed, and the messages that end meanwhile.
/// Touched by the shard only.
/// </summary>
internal sealed class ShardTracer(DeviceTracer device)
{
    private const byte CongestionExperienced = 3;

    private readonly List<MessageTrace> _done = [];
    private PacketBurst? _burst;
    private string _stage = "";
    private Instant _opened;

    public DeviceTracer Device => device;

    /// <summary>Whether anybody listened when it was last looked at; while nobody does, nothing else here is touched.</summary>
    public bool IsListening { get; private set; }

    /// <summary>Whether the burst in hand came over a congested way.</summary>
    public bool IsMarked => _burst is { } burst && (burst.Path.TrafficClass & CongestionExperienced) == CongestionExperienced;

    /// <summary>Looks whether anybody listens.</summary>
    /// <returns>Whether that has changed.</returns>
    public bool Look()
    {
        if (DeviceTracer.HasListeners == IsListening)
            return false;
        IsListening = !IsListening;
        return true;
    }

    /// <summary>A stage begins to feed a burst to machines.</summary>
    public void Open(string stage, PacketBurst burst, Instant now) => (_stage, _burst, _opened) = (stage, burst, now);

    /// <summary>The stage goes on with a copy of the burst.</summary>
    public void Move(PacketBurst burst) => _burst = burst;

    /// <summary>The stage has fed all packets of the burst.</summary>
    public void Close()
    {
        if (device.IsWatching && _burst is { } burst && BurstJourney.Find(burst) is { Messages.Count: > 0 } journey)
            journey.Arrive(_stage, device.Clock.Nanoseconds);
        _burst = null;
        foreach (var message in _done)
            device.Finish(message);
        _done.Clear();
    }

    /// <summary>Where the packet in hand came from.</summary>
    public PeerAddress Peer => _burst is { } burst ? new PeerAddress(burst.Path.Source, burst.Path.SourceLid) : default;

    /// <summary>The packet in hand is one of a traced message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="isKnown">The packet may have been told of before.</param>
    public void Attach(MessageTrace message, bool isKnown = false)
    {
        if (_burst is null)
            return;
        var journey = BurstJourney.Find(_burst);
        if (journey is null)
        {
            journey = BurstJourney.Of(_burst);
            journey.Enter(_stage, _opened.Nanoseconds);
        }
        journey.Attach(message, isKnown);
    }

    /// <summary>When the packet in hand was asked for, as far as is known.</summary>
    public long ArrivalOf(Instant now) => _burst is null ? now.Nanoseconds : BurstJourney.Find(_burst)?.Start ?? now.Nanoseconds;

    /// <summary>The span of a message at its sender, when its packets came from the same process.</summary>
    public bool TryFindContext(uint source, uint destination, uint sequence, out ActivityContext context)
    {
        context = default;
        return _burst?.Contexts is { } contexts && contexts.TryFind(source, destination, sequence, out context);
    }

    /// <summary>Nothing more will come of a message, but for what the stage in hand is still to do for it.</summary>
    public void Finish(MessageTrace message)
    {
        if (_burst is null)
            device.Finish(message);
        else
            _done.Add(message);
    }
}
