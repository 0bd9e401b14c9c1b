using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>
/// FLUSH and ATOMIC WRITE of the requester against frames written by hand from wire.md sections 2 and 3 (R-WIRE-11, R-REQ-26), whose ICRC
/// is summed here bit by bit by its definition in section 6 (R-WIRE-21).
/// </summary>
public sealed class PlacementVectorTests
{
    // Ethernet, IPv4 (its length and checksum to be filled in), UDP (its length too): the stack of every RoCEv2 vector.
    private const string Stack =
        "020000000002 020000000001 0800 4500 0000 0000 4000 40 11 0000 c0000201 c0000202 c132 12b7 0000 0000";

    private const int TransportOffset = 42;

    public static TheoryData<string, FlushPlacement, FlushSelectivity, uint, string> Flushes() => new()
    {
        // BTH: opcode 1c, DestQP 12, A, PSN 10e. FETH: PLT in bits 3:0, SEL in bits 5:4. RETH: VA, R_Key, length.
        {
            "range, global", FlushPlacement.GlobalVisibility, FlushSelectivity.Range, 0x1234,
            "1c00ffff 00000012 8000010e 00000001 00007f0000003010 00009abc 00001234"
        },
        {
            "range, persistent", FlushPlacement.Persistence, FlushSelectivity.Range, 1u << 31,
            "1c00ffff 00000012 8000010e 00000002 00007f0000003010 00009abc 80000000"
        },
        {
            "region, both", FlushPlacement.GlobalVisibility | FlushPlacement.Persistence, FlushSelectivity.MemoryRegion, 0,
            "1c00ffff 00000012 8000010e 00000013 00007f0000003010 00009abc 00000000"
        },
    };

    [Theory]
    [MemberData(nameof(Flushes))]
    public void AFlushIsTheHandMadeFrame(string name, FlushPlacement placement, FlushSelectivity selectivity, uint length, string transport)
    {
        var side = new SendSide(psn: 0x10E);
        side.Post(new SendWqe
        {
            Opcode = SendOpcode.Flush, RemoteAddress = 0x7F0000003010, RemoteKey = 0x9ABC, FlushLength = length,
            FlushPlacement = placement, FlushSelectivity = selectivity,
        });
        var packet = Assert.Single(side.PollAll());
        Assert.Empty(packet.Payload);
        Assert.Equal(ByHand(transport), Frame(packet));
        Assert.NotEmpty(name);
    }

    [Fact] // V-24
    public void AnAtomicWriteIsTheVector()
    {
        var side = new SendSide(psn: 0x10D);
        side.Post(new SendWqe
        {
            Opcode = SendOpcode.AtomicWrite, RemoteAddress = 0x7F0000003010, RemoteKey = 0x9ABC,
        }, Convert.FromHexString("8877665544332211"));
        var frame = Frame(Assert.Single(side.PollAll()));
        Assert.Equal(TestVector.Of("V-24").Bytes, frame);
        Assert.Equal(frame, ByHand("1d00ffff 00000012 8000010d 00007f0000003010 00009abc 00000008 8877665544332211"));
    }

    [Fact] // The sum used here finds the ICRC of every RoCEv2/IPv4 vector of an independent source.
    public void TheBitwiseSumAgreesWithTheVectors()
    {
        foreach (var id in (string[])["V-10", "V-13", "V-15", "V-18", "V-21", "V-24"])
        {
            var vector = TestVector.Of(id);
            Assert.Equal(vector.Icrc, Convert.ToHexStringLower(Sum(vector.Bytes.AsSpan()[..^4])));
        }
    }

    private static byte[] ByHand(string transport)
    {
        byte[] stack = Hex(Stack), packet = Hex(transport);
        byte[] frame = [.. stack, .. packet, 0, 0, 0, 0];
        SetBigEndian(frame, 16, frame.Length - 14);
        SetBigEndian(frame, 38, frame.Length - 34);
        SetBigEndian(frame, 24, InternetChecksum(frame.AsSpan(14, 20)));
        Sum(frame.AsSpan()[..^4]).CopyTo(frame, frame.Length - 4);
        return frame;
    }

    // R-WIRE-21: eight bytes of ones, TOS, TTL, header checksum, UDP checksum and byte 4 of the BTH as ones, all else as it is.
    private static byte[] Sum(ReadOnlySpan<byte> frame)
    {
        byte[] covered = [.. Enumerable.Repeat((byte)0xFF, 8), .. frame[14..]];
        foreach (var masked in (int[])[1, 8, 10, 11, 26, 27, TransportOffset - 14 + 4]) covered[8 + masked] = 0xFF;
        var register = 0xFFFFFFFFu;
        foreach (var value in covered)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var feedback = ((register ^ (uint)(value >> bit)) & 1) != 0;
                register = feedback ? (register >> 1) ^ 0xEDB88320 : register >> 1;
            }
        }

        return BitConverter.GetBytes(~register);
    }

    // The same packet through the codec of the Ethernet back-ends.
    private static byte[] Frame(SentPacket packet)
    {
        var vector = TestVector.Of("V-24").Bytes;
        var header = packet.Header.ToArray();
        // The kit's queue pair number of the peer is not the vector's.
        (header[5], header[6], header[7]) = (0, 0, 0x12);
        var headers = FrameHeaders.Read(vector, EthernetFrame.Locate(vector));
        return headers.Assemble([.. header, .. packet.Payload, .. new byte[packet.PadCount]]);
    }

    private static int InternetChecksum(ReadOnlySpan<byte> header)
    {
        var sum = 0;
        for (var i = 0; i < header.Length; i += 2) sum += (header[i] << 8) | header[i + 1];
        while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
        return ~sum & 0xFFFF;
    }

    private static void SetBigEndian(byte[] frame, int offset, int value) =>
        (frame[offset], frame[offset + 1]) = ((byte)(value >> 8), (byte)value);

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
