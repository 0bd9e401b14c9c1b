using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>What one side sends on a service that acknowledges nothing and sends nothing again.</summary>
/// <param name="first">Its first packet.</param>
/// <param name="pathMtu">Bytes that a full packet has.</param>
/// <param name="origin">The time of the beginning of the capture.</param>
/// <param name="numbers">The PSNs of the queue pair that sends.</param>
internal sealed class UnreliableFlow(CapturedTransport first, int pathMtu, long origin, PsnCursor numbers) : CapturedFlow(first, origin)
{
    private readonly long _origin = origin;
    private readonly MessageLedger _messages = new(pathMtu);
    private readonly HashSet<uint> _sent = [];
    private long _packets;
    private long _missing;

    private bool IsConnected => Service == TransportService.UnreliableConnection;

    public override void Send(CapturedTransport packet)
    {
        _packets++;
        int missing = numbers.Take(packet.Psn);
        bool isRepeated = !_sent.Add(packet.Psn.Value) && missing < 0;
        if (isRepeated || (missing < 0 && IsConnected))
        {
            TakeLate(packet, isRepeated);
            return;
        }
        if (missing > 0)
        {
            _missing += missing;
            TellGap(packet, missing, IsConnected ? "lost before the capture, or recorded nowhere"
                : "lost before the capture, recorded nowhere, or sent to somebody else");
        }
        // Datagrams to others take numbers of the same queue pair.
        _messages.Take(packet, IsConnected ? Math.Max(0, missing) : 0);
    }

    public override void Hear(CapturedTransport packet) => _messages.Hear();

    public override void Drop(CapturedTransport packet, MessageLoss loss)
    {
        base.Drop(packet, loss);
        _messages.Lose(packet, loss);
    }

    public override Explanation Explain()
    {
        var lost = _messages.Lost.Select(message => new ExplainedEvent(
            message.Loss!.Shown.Nanoseconds - _origin, message.Loss.Shown.Number, message.Loss.Psn.Value, LossWords.Lost,
            $"lost: {message}: {message.Loss.Text}"));
        return new Explanation(
            Title,
            new Dictionary<string, long>
            {
                ["packets"] = _packets, ["messages"] = _messages.Count, ["lost"] = _messages.Lost.Count, ["missing"] = _missing,
            },
            [.. Events.All.Concat(lost).OrderBy(told => told.Nanoseconds)],
            LossWords.EndOf(_messages));
    }

    // R-RESP-43: whatever is not the next one makes the receiver give the message up; a first packet begins it anew.
    private void TakeLate(CapturedTransport packet, bool isRepeated)
    {
        string text = isRepeated ? "seen again at once: doubled on the way" : "out of its order: later packets came before it";
        Events.Add(packet, isRepeated ? "doubled" : "late", text);
        if (IsConnected && !packet.Traits.IsFirst && !packet.Traits.IsLast)
            _messages.Lose(packet, new MessageLoss(packet, packet.Psn, DropReason.OutOfSequence, null, IsCertain: false, text));
    }
}
