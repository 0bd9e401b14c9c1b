using System.Buffers.Binary;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>Changes of single fields of a packet, at the offsets of wire.md sections 2 to 4, written without the code under test.</summary>
internal static class Bytes
{
    private const int PsnOffset = 9;
    private const int ExtensionOffset = 12;
    private const int PadShift = 4;

    public static uint PsnOf(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[(PsnOffset - 1)..]) & 0xFFFFFF;

    public static uint DestinationOf(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[4..]) & 0xFFFFFF;

    public static WireTouch Lose => _ => false;

    /// <summary>Another opcode over the same bytes.</summary>
    public static WireTouch As(Opcode opcode) => packet => Set(packet, 0, (byte)opcode);

    /// <summary>Another syndrome in the AETH.</summary>
    public static WireTouch Syndrome(byte syndrome) => packet => Set(packet, ExtensionOffset, syndrome);

    /// <summary>Some bytes of the payload count as pad.</summary>
    public static WireTouch Pad(int count) => packet => Set(packet, 1, (byte)((packet[1] & ~(3 << PadShift)) | (count << PadShift)));

    /// <summary>An odd address in RETH or AtomicETH.</summary>
    public static WireTouch Misalign => packet => Set(packet, ExtensionOffset + 7, (byte)(packet[ExtensionOffset + 7] | 1));

    /// <summary>Another DMA length in the RETH.</summary>
    public static WireTouch DmaLength(uint length) => packet =>
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet[(ExtensionOffset + 12)..], length);
        return true;
    };

    /// <summary>Another Q_Key in the DETH.</summary>
    public static WireTouch QueueKey(uint key) => packet =>
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet[ExtensionOffset..], key);
        return true;
    };

    /// <summary>Other placement and selectivity bits in the FETH.</summary>
    public static WireTouch Placement(byte bits) => packet => Set(packet, ExtensionOffset + 3, bits);

    /// <summary>A bit that the ICRC covers is the other one.</summary>
    public static WireTouch Corrupt => packet => Set(packet, packet.Length - 5, (byte)(packet[^5] ^ 1));

    private static bool Set(Span<byte> packet, int offset, byte value)
    {
        packet[offset] = value;
        return true;
    }
}
