using System.Buffers.Binary;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>
/// The requests of one reliable queue pair and the responses to it, as they go onto the wire. Knows nothing of the transport: it reads the
/// headers itself, and what may be in them follows from what was there before.
/// </summary>
internal sealed class WireConversation(uint firstPsn, int mtu, string name)
{
    private const int BthLength = 12;
    private const int XrcEthLength = 4;
    private const int OffsetOfDmaLength = 12;
    private const uint Unlimited = 0x1F;
    private const int LargestWindow = 2048;
    private const uint PsnMask = 0xFFFFFF;

    // For each number of messages how many of them take a receive.
    private readonly List<int> _taking = [0];
    private long _next;
    private long _acknowledged;
    private int _allowed = 1;

    /// <summary>Receives posted where the requests go, or null where they are shared and no number is told.</summary>
    public Func<int>? Posted { get; init; }

    /// <summary>A request goes onto the wire.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Request(ReadOnlySpan<byte> packet, bool isExtended)
    {
        var (opcode, psn) = ((byte)(packet[0] & 0x1F), Distance(packet));
        if (psn > 0) return $"{name}: request with PSN {psn} after the next one";
        // R-REQ-13, R-REQ-44: what is sent again was sent before, and is not what was acknowledged long ago.
        if (psn < 0) return _next + psn < 0 ? $"{name}: request with PSN {-psn} before the next one, of {_next} in all" : null;
        if (_next - _acknowledged >= LargestWindow) return $"{name}: {_next - _acknowledged} PSNs without acknowledgement (R-REQ-4)";
        _next += Consumed(opcode, packet[(BthLength + (isExtended ? XrcEthLength : 0))..]);
        // Of a WRITE its last packet tells whether it takes a receive.
        var takes = opcode is <= 0x05 or 0x09 or 0x0B or 0x16 or 0x17;
        var taken = _taking[^1] + (takes ? 1 : 0);
        if (opcode is not (0x00 or 0x01 or 0x06 or 0x07)) _taking.Add(taken);
        return takes && taken > _allowed ? $"{name}: {taken} messages, but {_allowed} may start (R-REQ-17)" : null;
    }

    /// <summary>A response goes onto the wire.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Response(ReadOnlySpan<byte> packet)
    {
        var (opcode, psn) = (packet[0] & 0x1F, Distance(packet));
        // R-REQ-32: an RNR NAK and a NAK are at the PSN that is refused, or missing: that one was sent.
        if (psn >= 0 || _next + psn < -1) return $"{name}: response with PSN {psn} from the next one, of {_next} in all";
        var hasAeth = opcode != 0x0E;
        var isNak = hasAeth && packet[BthLength] >> 5 != 0;
        _acknowledged = Math.Max(_acknowledged, _next + psn + (isNak ? 0 : 1));
        return hasAeth ? Credits(packet[BthLength], (int)(BinaryPrimitives.ReadUInt32BigEndian(packet[BthLength..]) & PsnMask)) : null;
    }

    // R-REQ-20: from 2 on the table goes 2^k, 1.5·2^k.
    private static int CreditsOf(int code) => code < 2 ? code : (2 + (code & 1)) << ((code / 2) - 1);

    private string? Credits(byte syndrome, int messages)
    {
        // R-RESP-24.
        if (messages >= _taking.Count) return $"{name}: MSN {messages} of {_taking.Count - 1} messages";
        if (syndrome >> 5 != 0) return null;
        var code = syndrome & 0x1F;
        if (code == Unlimited)
        {
            _allowed = int.MaxValue;
            return null;
        }

        var (credits, taken) = (CreditsOf(code), _taking[messages]);
        _allowed = Math.Max(_allowed, _allowed == int.MaxValue ? 0 : taken + credits + 1);
        return Posted is { } posted && credits > posted() - taken
            ? $"{name}: {credits} credits with {posted()} receives posted and {taken} taken (R-REQ-20)" : null;
    }

    // R-REQ-5.
    private long Consumed(byte opcode, ReadOnlySpan<byte> header)
    {
        if (opcode != 0x0C) return 1;
        long length = BinaryPrimitives.ReadUInt32BigEndian(header[OffsetOfDmaLength..]);
        return Math.Max(1, (length + mtu - 1) / mtu);
    }

    private int Distance(ReadOnlySpan<byte> packet)
    {
        var psn = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]) & PsnMask;
        return (int)(psn - (uint)(firstPsn + _next)) << 8 >> 8;
    }
}
