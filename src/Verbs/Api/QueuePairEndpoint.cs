using System.Globalization;

namespace RdmaPipeline.Verbs;

/// <summary>What two sides tell each other, by any means, in order to connect.</summary>
/// <param name="Gid">Where the queue pair lives.</param>
/// <param name="QueuePairNumber">Its number, 24 bits.</param>
/// <param name="Psn">The PSN of its first request, 24 bits.</param>
public readonly record struct QueuePairEndpoint(Gid Gid, uint QueuePairNumber, uint Psn)
{
    /// <summary>The LID of its port on native InfiniBand; 0 on Ethernet.</summary>
    public ushort Lid { get; init; }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">For example <c>::ffff:10.0.0.1/0x11/0x2f3a51</c>, or with a LID <c>fe80::1/0x11/0x2f3a51/0x3</c>.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="FormatException">The text is no endpoint.</exception>
    public static QueuePairEndpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        uint lid = 0;
        if (parts.Length is 3 or 4 && Gid.TryParse(parts[0], out Gid gid)
            && TryParseHex(parts[1], out uint number) && TryParseHex(parts[2], out uint psn)
            && (parts.Length == 3 || (TryParseHex(parts[3], out lid) && lid <= ushort.MaxValue)))
            return new QueuePairEndpoint(gid, number, psn) { Lid = (ushort)lid };
        throw new FormatException($"'{text}' is no endpoint: write GID/queue pair number/PSN, the numbers as 0x and up to 6 digits, "
            + "and behind another / the LID if there is one");
    }

    /// <summary>The text form <c>GID/0xQPN/0xPSN</c>, with a LID <c>GID/0xQPN/0xPSN/0xLID</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Gid}/0x{QueuePairNumber:x}/0x{Psn:x}{(Lid == 0 ? "" : $"/0x{Lid:x}")}";

    private static bool TryParseHex(string text, out uint value)
    {
        value = 0;
        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            && value < 1 << 24;
    }
}
