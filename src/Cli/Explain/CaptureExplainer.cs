using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Cli.Explain;

/// <summary>Reads conversations out of a capture: who asked whom, what was lost, refused and sent again, and how it ended.</summary>
internal sealed class CaptureExplainer
{
    private readonly List<CapturedFlow> _flows = [];
    private readonly HashSet<(long Packet, bool IsHeard)> _taken = [];
    private readonly Dictionary<(string Source, uint QueuePair), PsnCursor> _cursors = [];
    private readonly IReadOnlyList<CapturedTransport> _packets;
    private readonly KeyCensus _keys;

    private CaptureExplainer(IReadOnlyList<CapturedPacket> captured)
    {
        _packets = [.. captured.Select(CapturedTransport.Read).OfType<CapturedTransport>()];
        _keys = new KeyCensus(_packets);
    }

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
        Count(flow, packet);
        TellFate(flow, packet);
    }

    private void Count(CapturedFlow flow, CapturedTransport packet)
    {
        // A simulated network shows a packet wherever it was seen: a request counts where it leaves, an answer where it is heard.
        bool counts = packet.Traits.IsResponse ? packet.Fate.IsHeard : packet.Fate.IsSent;
        if (!counts || (packet.Fate.Packet is { } number && !_taken.Add((number, packet.Traits.IsResponse))))
            return;
        if (packet.Traits.IsResponse)
            flow.Answer(packet);
        else
            flow.Send(packet);
    }

    private void TellFate(CapturedFlow flow, CapturedTransport packet)
    {
        var fate = packet.Fate;
        string what = packet.Traits.IsResponse ? "answer" : "request";
        if (fate.Stage is { } stage)
            Drop(fate.Drop, $"{what} dropped by stage {stage}: {fate.Reason}");
        else if (fate.Reason is { } reason)
            Drop(fate.Drop, $"{what} lost on the way: {reason}");
        else if (!packet.IsIcrcRight && fate.Packet is null)
            Drop(DropReason.IcrcMismatch, $"{what} has a wrong ICRC: whoever gets it drops it in silence");
        else if (fate.Packet is not null && fate.IsHeard && !packet.Traits.IsResponse)
            flow.Hear(packet);
        else if (fate.Packet is null && IsUnreliable(packet) && _keys.Judge(packet) is { } judged)
            flow.Drop(packet, judged);
        if (packet.IsMarked && fate.IsHeard)
            flow.Mark(packet);

        void Drop(DropReason why, string text) =>
            flow.Drop(packet, new MessageLoss(packet, packet.Psn, why, fate.Stage, IsCertain: true, text));
    }

    private static bool IsUnreliable(CapturedTransport packet) =>
        packet.Traits.Transport is TransportService.UnreliableConnection or TransportService.UnreliableDatagram;

    private CapturedFlow? FindAsked(CapturedTransport packet)
    {
        var flow = _flows.Find(f => f.Source == packet.Source && f.Destination == packet.Destination && f.QueuePair == packet.QueuePair
            && f.Service == packet.Traits.Transport && (packet.SourceQueuePair is null || f.SourceQueuePair == packet.SourceQueuePair));
        if (flow is null && packet.Fate.IsSent)
            _flows.Add(flow = Begin(packet));
        return flow;
    }

    private CapturedFlow Begin(CapturedTransport packet)
    {
        long origin = _packets[0].Nanoseconds;
        return IsUnreliable(packet)
            ? new UnreliableFlow(packet, PathMtuOf(packet), origin, CursorOf(packet))
            : new RequestFlow(packet, PathMtuOf(packet), origin);
    }

    private PsnCursor CursorOf(CapturedTransport packet)
    {
        if (packet.SourceQueuePair is not { } number)
            return new PsnCursor(packet.Psn);
        if (!_cursors.TryGetValue((packet.Source, number), out var cursor))
            _cursors[(packet.Source, number)] = cursor = new PsnCursor(packet.Psn);
        return cursor;
    }

    // An answer names the requester's queue pair only: the first one shows which flow that is, by its PSN.
    private CapturedFlow? FindAnswered(CapturedTransport packet)
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
