namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// The immediate data of a message: 24 bits of credits that it gives back, and its flags above them. So data lie in a message alone, and a
/// message without data says something too.
/// </summary>
/// <param name="Credits">Receives that were posted anew and are granted by this message.</param>
/// <param name="Flags">What else it says.</param>
internal readonly record struct StreamHeader(int Credits, StreamFlags Flags)
{
    private const int FlagShift = 24;
    private const uint CreditMask = (1 << FlagShift) - 1;

    /// <summary>The 32 bits.</summary>
    public uint ToImmediate() => ((uint)Flags << FlagShift) | (uint)Credits;

    /// <summary>Reads the 32 bits.</summary>
    public static StreamHeader Of(uint immediate) => new((int)(immediate & CreditMask), (StreamFlags)(immediate >> FlagShift));
}
