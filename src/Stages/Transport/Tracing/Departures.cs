using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// The traced messages of the burst that the send stage is handing over: taken off it first, because afterwards it is somebody else's.
/// </summary>
internal sealed class Departures(DeviceTracer tracer)
{
    private readonly List<JourneyShare> _messages = [];
    private StageStamp _stamp;

    /// <summary>Takes the messages of a burst that is about to be handed over.</summary>
    public void Take(PacketBurst burst)
    {
        if (!tracer.IsWatching || BurstJourney.Find(burst) is not { Messages.Count: > 0 } journey)
            return;
        _stamp = new StageStamp(StageNames.Send, journey.LastStart, 0);
        _messages.AddRange(journey.Messages);
        journey.End();
    }

    /// <summary>The medium would block: the burst keeps them until it is tried again.</summary>
    public void GiveBack(PacketBurst burst)
    {
        if (_messages.Count == 0)
            return;
        var journey = BurstJourney.Of(burst);
        journey.Enter(StageNames.Send, _stamp.Start);
        journey.Messages.AddRange(_messages);
        _messages.Clear();
    }

    /// <summary>The last packet has been handed over: an answer is complete with that.</summary>
    public void Tell()
    {
        if (_messages.Count == 0)
            return;
        _stamp.End = tracer.Clock.Nanoseconds;
        foreach (var share in _messages)
            share.Message.AddStage(_stamp, share.Packets, _messages);
        foreach (var (message, _) in _messages)
        {
            if (!message.IsAnswered)
                continue;
            message.End(_stamp.End);
            tracer.Finish(message);
        }
        _messages.Clear();
    }
}
