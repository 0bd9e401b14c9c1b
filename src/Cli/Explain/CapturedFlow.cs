using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>The requests of one side as a capture shows them, and what became of them.</summary>
/// <param name="first">The first request.</param>
/// <param name="origin">The time of the beginning of the capture.</param>
internal abstract class CapturedFlow(CapturedTransport first, long origin)
{
    public string Source { get; } = first.Source;

    public string Destination { get; } = first.Destination;

    public uint QueuePair { get; } = first.QueuePair;

    public TransportService Service { get; } = first.Traits.Transport;

    /// <summary>The requester's own number, where its packets name it or once an answer has shown it.</summary>
    public uint? SourceQueuePair { get; protected set; } = first.SourceQueuePair;

    protected FlowEvents Events { get; } = new(origin);

    protected string Title =>
        $"{Name(Service)} {Source} QP {(SourceQueuePair is { } own ? $"0x{own:x}" : "?")} → {Destination} QP 0x{QueuePair:x}";

    /// <summary>Whether a PSN was sent that is answered.</summary>
    public virtual bool HasSent(Psn psn) => false;

    /// <summary>Takes a request as it leaves.</summary>
    public abstract void Send(CapturedTransport packet);

    /// <summary>Takes an answer as it comes.</summary>
    public virtual void Answer(CapturedTransport packet)
    {
    }

    /// <summary>A request was taken by its receiver: the capture says so.</summary>
    public virtual void Hear(CapturedTransport packet)
    {
    }

    /// <summary>A packet of the flow, or an answer to it, went no further, or will not.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="loss">Why.</param>
    public virtual void Drop(CapturedTransport packet, MessageLoss loss) => Events.Add(packet, SpanEventNames.Drop, loss.Text);

    /// <summary>A packet came over a congested way.</summary>
    public void Mark(CapturedTransport packet) => Events.Add(packet, SpanEventNames.EcnMark, "marked: a switch on the way is congested");

    /// <summary>What there is to say in the end.</summary>
    public abstract Explanation Explain();

    /// <summary>Some PSNs are not in the capture.</summary>
    protected void TellGap(CapturedTransport packet, int count, string why) =>
        Events.Add(packet, "gap", $"{count} {(count == 1 ? "PSN" : "PSNs")} before this one were not seen: {why}");

    private static string Name(TransportService service) => service switch
    {
        TransportService.ReliableConnection => "rc",
        TransportService.UnreliableConnection => "uc",
        TransportService.ExtendedReliableConnection => "xrc",
        TransportService.UnreliableDatagram => "ud",
        _ => service.ToString(),
    };
}
