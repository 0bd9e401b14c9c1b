using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Crc;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Framing;

/// <summary>Lays one transport packet into a burst's slab: header, payload, pad, ICRC.</summary>
internal static unsafe class TransportEncoder
{
    /// <summary>Bytes from the BTH through the ICRC of a packet that is not yet encoded.</summary>
    public static int LengthOf(in PacketDescriptor packet) => packet.HeaderLength + packet.PayloadLength + packet.PadCount + Icrc.Length;

    /// <summary>Writes the packet and its ICRC; the payload is read once (copied and summed in one pass).</summary>
    /// <param name="burst">The burst.</param>
    /// <param name="index">The packet, whose transport offset and length are set.</param>
    /// <param name="headers">The headers in front of it, set to this packet.</param>
    public static void Encode(PacketBurst burst, int index, RoCEv2Headers headers) =>
        Encode(burst, index, headers.Masked, headers.MaskedLength, IcrcMask.SeedWithoutLrh);

    /// <summary>Writes the packet and its ICRC; the payload is read once (copied and summed in one pass).</summary>
    /// <param name="burst">The burst.</param>
    /// <param name="index">The packet, whose transport offset and length are set.</param>
    /// <param name="headers">The masked headers in front of it, with room for the transport header.</param>
    /// <param name="headersLength">Bytes of the masked headers.</param>
    /// <param name="seed">The register before them.</param>
    public static void Encode(PacketBurst burst, int index, Span<byte> headers, int headersLength, uint seed)
    {
        ref var packet = ref burst.Packets[index];
        var frame = burst.Bytes(packet.TransportOffset, packet.TransportLength);
        var header = burst.HeaderArea(index)[..packet.HeaderLength];
        header.CopyTo(frame);
        var masked = headers[..(headersLength + header.Length)];
        header.CopyTo(masked[headersLength..]);
        masked[headersLength + IcrcMask.BthCongestionByte] = 0xFF;
        var register = Crc32.Append(seed, masked);
        register = CopyPayload(burst, packet, register);
        var pad = frame.Slice(packet.HeaderLength + packet.PayloadLength, packet.PadCount);
        pad.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame[^Icrc.Length..], ~Crc32.Append(register, pad));
    }

    /// <summary>Writes the packet with an ICRC of 0: the medium makes it, or needs none.</summary>
    /// <param name="burst">The burst.</param>
    /// <param name="index">The packet, whose transport offset and length are set.</param>
    public static void EncodeWithoutIcrc(PacketBurst burst, int index)
    {
        ref var packet = ref burst.Packets[index];
        var frame = burst.Bytes(packet.TransportOffset, packet.TransportLength);
        burst.HeaderArea(index)[..packet.HeaderLength].CopyTo(frame);
        var payload = frame.Slice(packet.HeaderLength, packet.PayloadLength);
        foreach (ref readonly var segment in burst.Segments.AsSpan(packet.SegmentStart, packet.SegmentCount))
        {
            new ReadOnlySpan<byte>((void*)segment.Address, segment.Length).CopyTo(payload);
            payload = payload[segment.Length..];
        }

        frame[(packet.HeaderLength + packet.PayloadLength)..].Clear();
    }

    private static uint CopyPayload(PacketBurst burst, in PacketDescriptor packet, uint register)
    {
        var offset = packet.TransportOffset + packet.HeaderLength;
        var end = offset + packet.PayloadLength;
        foreach (ref readonly var segment in burst.Segments.AsSpan(packet.SegmentStart, packet.SegmentCount))
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(segment.Length, end - offset, "payload segment length");
            register = Crc32.Copy(register, segment.Address, burst.Slab + offset, segment.Length);
            offset += segment.Length;
        }

        return register;
    }
}
