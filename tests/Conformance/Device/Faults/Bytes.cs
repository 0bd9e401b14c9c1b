using System.Buffers.Binary;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>Changes of single fields of a packet, at the offsets of wire.md sections 2 to 4, written without the code under test.</summary>
internal static class Bytes
{
    private const int PsnOffset = 9;
    private const int ExtensionOffset = 12;
    private const int ExtensionOffsetOfXrcRequests = 16;
    private const int PadShift = 4;
    private const int ServiceShift = 5;
    private const int OperationBits = 0x1F;

    public static uint PsnOf(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[(PsnOffset - 1)..]) & 0xFFFFFF;

    public static uint DestinationOf(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt32BigEndian(packet[4..]) & 0xFFFFFF;

    public static WireTouch Lose => _ => false;

    /// <summary>The operation of another opcode over the same bytes, of the service that the packet is of.</summary>
    public static WireTouch As(Opcode opcode) =>
        packet => Set(packet, 0, (byte)((packet[0] & ~OperationBits) | ((int)opcode & OperationBits)));

    /// <summary>The same operation of another service over the same bytes.</summary>
    public static WireTouch Of(TransportService service) =>
        packet => Set(packet, 0, (byte)(((int)service << ServiceShift) | (packet[0] & OperationBits)));

    /// <summary>Another shared receive queue in the XRCETH.</summary>
    public static WireTouch SharedReceiveQueue(uint number) => packet =>
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet[ExtensionOffset..], number);
        return true;
    };

    /// <summary>Another syndrome in the AETH.</summary>
    public static WireTouch Syndrome(byte syndrome) => packet => Set(packet, ExtensionOffset, syndrome);

    /// <summary>Some bytes of the payload count as pad.</summary>
    public static WireTouch Pad(int count) => packet => Set(packet, 1, (byte)((packet[1] & ~(3 << PadShift)) | (count << PadShift)));

    /// <summary>An odd address in RETH or AtomicETH.</summary>
    public static WireTouch Misalign => packet =>
    {
        int lowest = ExtensionOf(packet) + 7;
        return Set(packet, lowest, (byte)(packet[lowest] | 1));
    };

    /// <summary>Another DMA length in the RETH.</summary>
    public static WireTouch DmaLength(uint length) => packet =>
    {
        BinaryPrimitives.WriteUInt32BigEndian(packet[(ExtensionOf(packet) + 12)..], length);
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

    // RETH and AtomicETH come behind the XRCETH of a request of XRC.
    private static int ExtensionOf(ReadOnlySpan<byte> packet) =>
        packet[0] >> ServiceShift == (int)TransportService.ExtendedReliableConnection ? ExtensionOffsetOfXrcRequests : ExtensionOffset;

    private static bool Set(Span<byte> packet, int offset, byte value)
    {
        packet[offset] = value;
        return true;
    }
}
