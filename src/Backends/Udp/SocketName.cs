using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends.Udp;

/// <summary>Writes and reads <c>sockaddr_in</c> and <c>sockaddr_in6</c>; addresses are GIDs (R-WIRE-7).</summary>
internal static class SocketName
{
    /// <summary>Room for either form.</summary>
    public const int MaxLength = 28;

    private const int LengthIPv4 = 16;

    public static int Length(UInt128 gid) => GidAddress.IsIpv4(gid) ? LengthIPv4 : MaxLength;

    /// <param name="name">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="gid">Address.</param>
    /// <param name="port">UDP port.</param>
    /// <param name="scope">Interface of a link-local IPv6 address or group, else 0.</param>
    public static void Write(Span<byte> name, UInt128 gid, ushort port, uint scope)
    {
        name[..MaxLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], port);
        if (GidAddress.IsIpv4(gid))
        {
            BitConverter.TryWriteBytes(name, (ushort)SocketConstants.FamilyIPv4);
            BinaryPrimitives.WriteUInt32BigEndian(name[4..], (uint)gid);
            return;
        }

        BitConverter.TryWriteBytes(name, (ushort)SocketConstants.FamilyIPv6);
        BinaryPrimitives.WriteUInt128BigEndian(name[8..], gid);
        if (IsLinkLocal(gid))
            BitConverter.TryWriteBytes(name[24..], scope);
    }

    /// <summary>Whether an IPv6 address or group means nothing without its interface: fe80::/10, and groups of scope 1 and 2.</summary>
    private static bool IsLinkLocal(UInt128 gid) =>
        gid >> 118 == 0x3FA || (gid >> 120 == 0xFF && ((byte)(gid >> 112) & 0xF) is 1 or 2);

    public static UInt128 ReadGid(ReadOnlySpan<byte> name) =>
        BitConverter.ToUInt16(name) == SocketConstants.FamilyIPv4
            ? GidAddress.FromIpv4(BinaryPrimitives.ReadUInt32BigEndian(name[4..]))
            : BinaryPrimitives.ReadUInt128BigEndian(name[8..]);

    public static ushort ReadPort(ReadOnlySpan<byte> name) => BinaryPrimitives.ReadUInt16BigEndian(name[2..]);
}
