using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// The way of one burst through the stages, while a traced message may have packets in it: who had it when. It is kept with the burst and
/// belongs to its holder.
/// </summary>
internal sealed class BurstJourney : IBurstJourney
{
    private readonly List<JourneyShare> _messages = [];
    private readonly List<StageStamp> _stamps = [];

    /// <summary>Somebody wants to know.</summary>
    public bool IsActive { get; private set; }

    /// <summary>The traced messages that have packets in it, as far as they are known.</summary>
    public List<JourneyShare> Messages => _messages;

    /// <summary>When the first stage had it; null when none has.</summary>
    public long? Start => _stamps.Count == 0 ? null : _stamps[0].Start;

    /// <summary>When the stage that has it got it; 0 when none has.</summary>
    public long LastStart => _stamps.Count == 0 ? 0 : _stamps[^1].Start;

    /// <summary>The journey of a burst, begun.</summary>
    public static BurstJourney Of(PacketBurst burst)
    {
        var journey = burst.Journey as BurstJourney ?? new BurstJourney();
        burst.Journey = journey;
        journey.IsActive = true;
        return journey;
    }

    /// <summary>The journey of a burst if somebody wants to know of it.</summary>
    public static BurstJourney? Find(PacketBurst burst) => burst.Journey is BurstJourney { IsActive: true } journey ? journey : null;

    /// <summary>A stage has got the burst.</summary>
    public void Enter(string stage, long nanoseconds)
    {
        // A stage that gave it back gets it again: it has had it all the time.
        if (_stamps.Count == 0 || _stamps[^1].Stage != stage || _stamps[^1].End != 0)
            _stamps.Add(new StageStamp(stage, nanoseconds, 0));
    }

    /// <summary>The stage that has the burst passes it on.</summary>
    public void Leave(string stage, long nanoseconds)
    {
        int last = _stamps.Count - 1;
        if (last < 0 || _stamps[last].Stage != stage || _stamps[last].End != 0)
            return;
        _stamps[last] = _stamps[last] with { End = nanoseconds };
        foreach (var share in _messages)
            share.Message.AddStage(_stamps[last], share.Packets, _messages);
    }

    /// <summary>A packet of the burst is one of a traced message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="isKnown">The packet may have been told of before: it counts only when none was.</param>
    public void Attach(MessageTrace message, bool isKnown = false)
    {
        for (int i = 0; i < _messages.Count; i++)
        {
            if (_messages[i].Message != message)
                continue;
            if (!isKnown)
                _messages[i] = _messages[i] with { Packets = _messages[i].Packets + 1 };
            return;
        }
        _messages.Add(new JourneyShare(message, 1));
    }

    /// <summary>The last stage is done with a burst that came from the wire: its messages get to know where it has been.</summary>
    public void Arrive(string stage, long nanoseconds)
    {
        foreach (var stamp in _stamps)
        {
            var closed = stamp.End == 0 && stamp.Stage == stage ? stamp with { End = nanoseconds } : stamp;
            foreach (var share in _messages)
                share.Message.AddStage(closed, share.Packets, _messages);
        }
    }

    /// <summary>A part of the burst goes on in another one.</summary>
    public void CopyTo(BurstJourney part)
    {
        part._messages.AddRange(_messages);
        part._stamps.AddRange(_stamps);
    }

    /// <inheritdoc/>
    public void End()
    {
        if (!IsActive)
            return;
        IsActive = false;
        _messages.Clear();
        _stamps.Clear();
    }
}
