namespace RdmaPipeline.Cli.Decode;

/// <summary>One field of a header: how a person reads it, and its number where it is one.</summary>
internal readonly record struct DissectedField(string Name, string Text, ulong? Number = null)
{
    private const int MaxExactDigits = 13;

    public static DissectedField Decimal(string name, ulong value) => new(name, $"{value}", value);

    /// <summary>A field of more than 13 digits is text for machines too: not every one of its numbers is exact in JSON.</summary>
    public static DissectedField Hex(string name, ulong value, int digits) =>
        new(name, $"0x{value.ToString($"x{digits}")}", digits <= MaxExactDigits ? value : null);

    public static DissectedField Flag(string name, bool value) => Decimal(name, value ? 1u : 0u);
}
