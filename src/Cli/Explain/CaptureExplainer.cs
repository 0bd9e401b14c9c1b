using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Cli.Explain;

/// <summary>Reads conversations out of a capture: who asked whom, what was lost, refused and sent again, and how it ended.</summary>
internal sealed class CaptureExplainer
{
    private readonly List<RequestFlow> _flows = [];
    private readonly HashSet<(long Packet, bool IsHeard)> _taken = [];
    private readonly IReadOnlyList<CapturedTransport> _packets;

    private CaptureExplainer(IReadOnlyList<CapturedPacket> captured) =>
        _packets = [.. captured.Select(CapturedTransport.Read).OfType<CapturedTransport>()];

    /// <summary>Explains a capture; the conversations that failed first.</summary>
    public static IReadOnlyList<Explanation> Explain(IReadOnlyList<CapturedPacket> captured)
    {
        var explainer = new CaptureExplainer(captured);
        foreach (var packet in explainer._packets)
            explainer.Take(packet);
        return [.. explainer._flows.Select(flow => flow.Explain()).OrderByDescending(e => e.End.IsFailure)];
    }

    private void Take(CapturedTransport packet)
    {
        if (!packet.Traits.IsKnown || (!packet.Traits.IsResponse && !packet.Traits.IsRequest))
            return;
        var flow = packet.Traits.IsResponse ? FindAnswered(packet) : FindAsked(packet);
        if (flow is null)
            return;
        TellFate(flow, packet);
        // A simulated network shows a packet wherever it was seen: a request counts where it leaves, an answer where it is heard.
        bool counts = packet.Traits.IsResponse ? packet.Fate.IsHeard : packet.Fate.IsSent;
        if (!counts || (packet.Fate.Packet is { } number && !_taken.Add((number, packet.Traits.IsResponse))))
            return;
        if (packet.Traits.IsResponse)
            flow.Answer(packet);
        else
            flow.Send(packet);
    }

    private static void TellFate(RequestFlow flow, CapturedTransport packet)
    {
        string what = packet.Traits.IsResponse ? "answer" : "request";
        if (packet.Fate.Stage is { } stage)
            flow.Drop(packet, $"{what} dropped by stage {stage}: {packet.Fate.Reason}");
        else if (packet.Fate.Reason is { } reason)
            flow.Drop(packet, $"{what} lost on the way: {reason}");
        else if (!packet.IsIcrcRight && packet.Fate.Packet is null)
            flow.Drop(packet, $"{what} has a wrong ICRC: whoever gets it drops it in silence");
        if (packet.IsMarked && packet.Fate.IsHeard)
            flow.Mark(packet);
    }

    private RequestFlow? FindAsked(CapturedTransport packet)
    {
        var flow = _flows.Find(f => f.Source == packet.Source && f.Destination == packet.Destination && f.QueuePair == packet.QueuePair
            && f.Service == packet.Traits.Transport && (packet.SourceQueuePair is null || f.SourceQueuePair == packet.SourceQueuePair));
        if (flow is null && packet.Fate.IsSent)
            _flows.Add(flow = new RequestFlow(packet, PathMtuOf(packet), _packets[0].Nanoseconds));
        return flow;
    }

    // An answer names the requester's queue pair only: the first one shows which flow that is, by its PSN.
    private RequestFlow? FindAnswered(CapturedTransport packet)
    {
        var flows = _flows.FindAll(f => f.Source == packet.Destination && f.Destination == packet.Source
            && f.Service == packet.Traits.Transport);
        return flows.Find(f => f.SourceQueuePair == packet.QueuePair && f.HasSent(packet.Psn))
            ?? flows.Find(f => f.SourceQueuePair is null && f.HasSent(packet.Psn))
            ?? flows.Find(f => f.SourceQueuePair == packet.QueuePair);
    }

    // What a packet holds that is neither the last nor the only one of its message.
    private int PathMtuOf(CapturedTransport packet) => _packets
        .Where(p => !p.Traits.IsLast && p.PayloadLength > 0
            && ((p.Source == packet.Source && p.Destination == packet.Destination)
                || (p.Source == packet.Destination && p.Destination == packet.Source)))
        .Select(p => p.PayloadLength).DefaultIfEmpty(int.MaxValue).Max();
}
