namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>CRC-16 of the VCRC (R-WIRE-24): generator 0x100B, least significant bit first, preset 0xFFFF, final complement.</summary>
internal static class Crc16
{
    private const ushort Preset = 0xFFFF;
    private const ushort Reflected = 0xD008;

    private static readonly ushort[] Table = Build();

    /// <summary>An entry of the byte table.</summary>
    public static ushort Entry(byte index) => Table[index];

    /// <summary>Sums bytes.</summary>
    /// <returns>The complemented register; its low byte goes first on the wire.</returns>
    public static ushort Compute(ReadOnlySpan<byte> source)
    {
        var register = Preset;
        foreach (var value in source)
            register = (ushort)(Table[(byte)(register ^ value)] ^ (register >> 8));
        return (ushort)~register;
    }

    private static ushort[] Build()
    {
        var table = new ushort[256];
        for (var i = 0; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
                value = (value >> 1) ^ ((value & 1) * Reflected);
            table[i] = (ushort)value;
        }

        return table;
    }
}
