using System.Buffers.Binary;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Management;

/// <summary>
/// The attribute PortCounters: sixteen counters in the order of the bits that select them, each as wide as its field, at whose end it
/// stops. The four that count traffic count words of four bytes, and packets.
/// </summary>
internal static class PortCounters
{
    /// <summary>Counters.</summary>
    public const int Count = 16;

    private const int WordLength = 4;
    private const int FirstField = 4;
    private const int EndOfFields = 44;

    // Byte in the attribute, and bits: 8, 16 and 32 fill their bytes; the two of 4 share one byte.
    private static readonly (int Offset, int Bits)[] Fields =
    [
        (4, 16), (6, 8), (7, 8), (8, 16), (10, 16), (12, 16), (14, 16), (16, 8), (17, 8), (19, 4), (19, 4), (22, 16),
        (24, 32), (28, 32), (32, 32), (36, 32),
    ];

    // What cannot be used came damaged or found no room; a socket's errors are told when sending.
    private static readonly DropReason[] ReceiveErrors =
    [
        DropReason.IcrcMismatch, DropReason.VcrcMismatch, DropReason.BadHeader, DropReason.BadLength, DropReason.QueueFull,
    ];

    /// <summary>Counts everything since the port was opened. What a medium without symbols, credits and switches never has is 0.</summary>
    public static void Read(BackendCounters counters, IManagedPort port, Span<long> totals)
    {
        totals.Clear();
        totals[2] = port.LinkDowns;
        foreach (var reason in ReceiveErrors)
            totals[3] += port.Dropped(reason);
        totals[6] = counters.Dropped(DropReason.NoRoute) + counters.Dropped(DropReason.SocketError);
        totals[8] = port.Dropped(DropReason.BadPkey);
        totals[12] = counters.Sent.Bytes / WordLength;
        totals[13] = counters.Received.Bytes / WordLength;
        totals[14] = counters.Sent.Packets;
        totals[15] = counters.Received.Packets;
    }

    /// <summary>A counter as the attribute has it.</summary>
    public static long Field(ReadOnlySpan<byte> data, int index)
    {
        var (offset, bits) = Fields[index];
        return bits switch
        {
            32 => BinaryPrimitives.ReadUInt32BigEndian(data[offset..]),
            16 => BinaryPrimitives.ReadUInt16BigEndian(data[offset..]),
            8 => data[offset],
            _ => index % 2 == 1 ? data[offset] >> 4 : data[offset] & 0xF,
        };
    }

    /// <summary>Puts counters into the attribute.</summary>
    public static void Write(ReadOnlySpan<long> values, Span<byte> data)
    {
        data[FirstField..EndOfFields].Clear();
        for (var i = 0; i < Count; i++)
        {
            var (offset, bits) = Fields[i];
            var value = Math.Min(values[i], (1L << bits) - 1);
            if (bits == 32)
                BinaryPrimitives.WriteUInt32BigEndian(data[offset..], (uint)value);
            else if (bits == 16)
                BinaryPrimitives.WriteUInt16BigEndian(data[offset..], (ushort)value);
            else if (bits == 8)
                data[offset] = (byte)value;
            else
                data[offset] |= (byte)(i % 2 == 1 ? value << 4 : value);
        }
    }
}
