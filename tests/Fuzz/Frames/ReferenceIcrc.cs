using RdmaPipeline.Backends.Framing;

namespace RdmaPipeline.FuzzTests.Frames;

/// <summary>The ICRC of a whole frame byte by byte, straight from wire.md section 6; shares nothing with the library.</summary>
internal static class ReferenceIcrc
{
    private const int LrhLength = 8;
    private const int GrhLength = 40;
    private const int Ipv4Length = 20;

    private static readonly uint[] Table = BuildTable();

    /// <summary>The four bytes at the end of the transport packet, as a little-endian number.</summary>
    public static uint Of(ReadOnlySpan<byte> frame, in FrameLayout layout)
    {
        var start = layout.Kind == FrameKind.NativeGlobal ? layout.TransportOffset - GrhLength : layout.NetworkOffset;
        var covered = frame[start..(layout.TransportOffset + layout.TransportLength - 4)].ToArray();
        Mask(covered, layout.Kind);
        covered[layout.TransportOffset - start + 4] = 0xFF;
        var register = 0xFFFFFFFFu;
        if (layout.Kind != FrameKind.NativeLocal)
        {
            for (var i = 0; i < LrhLength; i++) register = Next(register, 0xFF);
        }

        foreach (var value in covered) register = Next(register, value);
        return ~register;
    }

    private static void Mask(byte[] covered, FrameKind kind)
    {
        if (kind == FrameKind.NativeLocal)
        {
            covered[0] |= 0xF0;
            return;
        }

        if (kind == FrameKind.RoCEv2OverIpv4)
        {
            foreach (var offset in (ReadOnlySpan<int>)[1, 8, 10, 11, Ipv4Length + 6, Ipv4Length + 7]) covered[offset] = 0xFF;
            return;
        }

        covered[0] |= 0x0F;
        foreach (var offset in (ReadOnlySpan<int>)[1, 2, 3, 7]) covered[offset] = 0xFF;
        if (kind == FrameKind.RoCEv2OverIpv6) covered[GrhLength + 6] = covered[GrhLength + 7] = 0xFF;
    }

    private static uint Next(uint register, byte value) => (register >> 8) ^ Table[(byte)(register ^ value)];

    private static uint[] BuildTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++) value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320 : value >> 1;
            table[i] = value;
        }

        return table;
    }
}
