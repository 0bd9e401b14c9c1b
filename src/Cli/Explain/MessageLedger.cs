using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>
/// The messages of one side of a service that sends nothing again, put together from their packets, and which of them are lost. A receiver
/// takes a message only if all its packets come in their order (R-RESP-43).
/// </summary>
internal sealed class MessageLedger(int pathMtu)
{
    private readonly List<SentMessage> _messages = [];
    private SentMessage? _open;
    private long _packets;
    private long _heard;

    /// <summary>Messages that are lost, in their order.</summary>
    public IReadOnlyList<SentMessage> Lost => [.. _messages.Where(message => message.Loss is not null)];

    /// <summary>Messages, lost ones included.</summary>
    public int Count => _messages.Count;

    /// <summary>The capture says of every packet that its receiver took it.</summary>
    public bool IsAllTaken => _packets > 0 && _heard >= _packets;

    /// <summary>Takes a packet as it leaves.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="missing">PSNs before it that are not in the capture.</param>
    public void Take(CapturedTransport packet, int missing)
    {
        bool begins = packet.Traits.IsFirst;
        bool isSecond = _packets++ > 0;
        if (_open is { } open && begins)
        {
            open.Lose(Gone(packet, open.Last.Next, missing > 0
                ? $"its end, and perhaps messages behind it, {Packets(missing)}, {Verb(missing)} not in the capture"
                : "another message begins before its last packet was sent"));
            _open = null;
        }
        else if (missing > 0)
        {
            MissBefore(packet, missing, begins);
        }
        if (_open is null)
        {
            _messages.Add(_open = SentMessage.Of(packet));
            if (!begins && missing > 0)
                _open.BeginAt(packet.Psn + -missing);
            if (!begins && isSecond)
                _open.Lose(Gone(packet, _open.First, "its beginning is not in the capture"));
        }
        _open.Take(packet);
        if (packet.Traits.IsLast)
            _open = null;
    }

    /// <summary>A packet was taken by its receiver.</summary>
    public void Hear() => _heard++;

    /// <summary>A packet that was taken before went no further, or will not.</summary>
    public void Lose(CapturedTransport packet, MessageLoss loss) =>
        _messages.FindLast(message => message.Holds(packet.Psn))?.Lose(loss);

    // Where a receiver would see a gap.
    private static MessageLoss Gone(CapturedTransport shown, Psn psn, string text) =>
        new(shown, psn, DropReason.OutOfSequence, null, IsCertain: false, text);

    private void MissBefore(CapturedTransport packet, int missing, bool begins)
    {
        var first = packet.Psn + -missing;
        if (_open is { } open)
        {
            open.Miss(missing, pathMtu);
            open.Lose(Gone(packet, first, $"{Packets(missing)} of its middle, from PSN {first} on, {Verb(missing)} not in the capture"));
        }
        else if (begins)
        {
            var unseen = SentMessage.Unseen(first, missing);
            unseen.Lose(Gone(packet, first, $"{Packets(missing)} from PSN {first} on {Verb(missing)} not in the capture"));
            _messages.Add(unseen);
        }
    }

    private static string Packets(int count) => count == 1 ? "one packet" : $"{count} packets";

    private static string Verb(int count) => count == 1 ? "is" : "are";
}
