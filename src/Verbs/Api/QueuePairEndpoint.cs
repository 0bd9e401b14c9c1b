using System.Globalization;

namespace RdmaPipeline.Verbs;

/// <summary>What two sides tell each other, by any means, in order to connect.</summary>
/// <param name="Gid">Where the queue pair lives.</param>
/// <param name="QueuePairNumber">Its number, 24 bits.</param>
/// <param name="Psn">The PSN of its first request, 24 bits.</param>
public readonly record struct QueuePairEndpoint(Gid Gid, uint QueuePairNumber, uint Psn)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">For example <c>::ffff:10.0.0.1/0x11/0x2f3a51</c>.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="FormatException">The text is no endpoint.</exception>
    public static QueuePairEndpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        if (parts.Length == 3 && Gid.TryParse(parts[0], out Gid gid)
            && TryParseHex(parts[1], out uint number) && TryParseHex(parts[2], out uint psn))
            return new QueuePairEndpoint(gid, number, psn);
        throw new FormatException($"'{text}' is no endpoint: write GID/queue pair number/PSN, the numbers as 0x and up to 6 digits");
    }

    /// <summary>The text form <c>GID/0xQPN/0xPSN</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Gid}/0x{QueuePairNumber:x}/0x{Psn:x}";

    private static bool TryParseHex(string text, out uint value)
    {
        value = 0;
        return text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            && value < 1 << 24;
    }
}
