namespace RdmaPipeline.Protocol.Wire;

/// <summary>The ACK extended header (R-WIRE-12).</summary>
public readonly record struct Aeth
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 4;

    /// <summary>Credit code "no credit information, unlimited"; the whole syndrome of such an ACK is 0x1F.</summary>
    public const byte UnlimitedCredit = 0x1F;

    private const int CodeMask = 0x1F;
    private const int KindShift = 5;
    private const int SyndromeMask = 0x7F;

    private Aeth(byte syndrome, uint msn) => (Syndrome, Msn) = (syndrome, msn);

    /// <summary>The syndrome with its reserved bit 7 cleared.</summary>
    public byte Syndrome { get; }

    /// <summary>Message sequence number, 24 bits.</summary>
    public uint Msn { get; }

    /// <summary>ACK, RNR NAK or NAK.</summary>
    public AethKind Kind => (AethKind)(Syndrome >> KindShift);

    /// <summary>The low five bits: credit code, RNR timer code or NAK code, by <see cref="Kind"/>.</summary>
    public byte Code => (byte)(Syndrome & CodeMask);

    /// <summary>The code of a NAK; not a member of the enumeration when it is a reserved one.</summary>
    public NakCode NakCode => (NakCode)Code;

    /// <summary>Whether the syndrome is of a defined type, and of a defined code when it is a NAK.</summary>
    public bool IsLegal => Kind is AethKind.Ack or AethKind.RnrNak || (Kind == AethKind.Nak && NakCode <= NakCode.InvalidRdRequest);

    /// <summary>Makes an ACK.</summary>
    /// <param name="creditCode">0 to 31; <see cref="UnlimitedCredit"/> for no limit.</param>
    /// <param name="msn">Message sequence number, 24 bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is over its limit.</exception>
    public static Aeth Ack(byte creditCode, uint msn) => Of(AethKind.Ack, creditCode, msn);

    /// <summary>Makes an RNR NAK.</summary>
    /// <param name="timerCode">RNR timer code, 0 to 31.</param>
    /// <param name="msn">Message sequence number, 24 bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is over its limit.</exception>
    public static Aeth RnrNak(byte timerCode, uint msn) => Of(AethKind.RnrNak, timerCode, msn);

    /// <summary>Makes a NAK.</summary>
    /// <param name="code">A defined code.</param>
    /// <param name="msn">Message sequence number, 24 bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">The code is reserved or the MSN has more than 24 bits.</exception>
    public static Aeth Nak(NakCode code, uint msn)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)code, (byte)NakCode.InvalidRdRequest, nameof(code));
        return Of(AethKind.Nak, (byte)code, msn);
    }

    /// <summary>Reads a legal header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few or the syndrome is reserved.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Aeth header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length && header.IsLegal;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        UInt24.Write(destination[1..], Msn);
        destination[0] = Syndrome;
    }

    internal static Aeth Read(ReadOnlySpan<byte> source) => new((byte)(source[0] & SyndromeMask), UInt24.Read(source[1..]));

    private static Aeth Of(AethKind kind, byte code, uint msn)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, CodeMask);
        return new Aeth((byte)(((int)kind << KindShift) | code), UInt24.Checked(msn, nameof(msn)));
    }
}
