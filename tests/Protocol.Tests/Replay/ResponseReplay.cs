using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// The responses of one queue pair: ours are made as soon as something is owed, as Soft-RoCE makes its own, and compared in order.
/// </summary>
internal sealed class ResponseReplay(ReplayEnd end, ReplayTally tally)
{
    private readonly Queue<(byte[] Packet, int Cause)> _sent = [];

    /// <summary>Takes everything that is owed.</summary>
    /// <param name="cause">The frame that arrived.</param>
    /// <param name="now">When.</param>
    /// <param name="credits">The receives that ours must tell of; null when it must tell that there is no limit.</param>
    public void Collect(int cause, Instant now, int? credits)
    {
        while (end.PollResponse(now) is { } packet)
        {
            if (credits is { } count) ForgetCredits(packet, count);
            _sent.Enqueue((packet, cause));
        }
    }

    /// <summary>Soft-RoCE sent a response.</summary>
    public void Expect(CapturedFrame frame)
    {
        tally.Responses++;
        // What ours sent before the one that answers the same PSN, Soft-RoCE did not send.
        while (_sent.Count > 1 && !IsFor(_sent.Peek().Packet, frame) && _sent.Any(sent => IsFor(sent.Packet, frame))) Surplus();
        if (_sent.Count == 0 || !IsFor(_sent.Peek().Packet, frame))
        {
            tally.Differ(frame.Number, $"{Name(frame.View)} / nothing");
            return;
        }

        if (PacketFields.Compare(frame, _sent.Dequeue().Packet) is { } what) tally.Differ(frame.Number, what);
    }

    /// <summary>Soft-RoCE sent a response that is not in the capture.</summary>
    public void ExpectUnrecorded(UnrecordedPacket lost)
    {
        Assert.True(_sent.TryDequeue(out var sent));
        Assert.Equal((lost.Opcode, lost.Psn), ((Opcode)sent.Packet[0], PsnOf(sent.Packet)));
    }

    /// <summary>The capture ends.</summary>
    public void Finish()
    {
        while (_sent.Count > 0) Surplus();
    }

    private void Surplus()
    {
        var (packet, cause) = _sent.Dequeue();
        tally.Differ(cause, $"nothing / {Name(Parse(packet))}");
    }

    // R-REQ-19: Soft-RoCE always tells that there is no limit, so what ours tells instead is compared here. R-REQ-20: up to four, the code
    // is the number.
    private static void ForgetCredits(byte[] packet, int credits)
    {
        var view = Parse(packet);
        if (!view.Traits.Has(HeaderLayout.Aeth) || view.Aeth.Kind != AethKind.Ack) return;
        Assert.Equal(credits, view.Aeth.Code);
        packet[view.Traits.OffsetOf(HeaderLayout.Aeth)] = Aeth.UnlimitedCredit;
    }

    // An acknowledgement for an acknowledgement, data for data; whether it is the right one is compared.
    private static bool IsFor(byte[] packet, CapturedFrame frame) =>
        PsnOf(packet) == frame.Psn.Value
        && IsAcknowledge(OpcodeTraits.Of((Opcode)packet[0])) == IsAcknowledge(frame.Traits);

    private static bool IsAcknowledge(OpcodeTraits traits) => traits.Operation == PacketOperation.Acknowledge;

    private static uint PsnOf(byte[] packet) => Parse(packet).Psn.Value;

    private static string Name(in PacketView view) => view.Traits.Has(HeaderLayout.Aeth)
        ? $"{view.Traits} psn {view.Psn} syndrome 0x{view.Aeth.Syndrome:x2}" : $"{view.Traits} psn {view.Psn}";

    private static PacketView Parse(byte[] packet)
    {
        var transport = new byte[packet.Length + PacketView.IcrcLength];
        packet.CopyTo(transport, 0);
        Assert.Equal(DropReason.None, PacketView.TryParse(transport, out var view));
        return view;
    }
}
