namespace RdmaPipeline.Protocol.Wire;

/// <summary>The XRC extended header. Its first byte is reserved: sent as 0 and ignored on receive.</summary>
public readonly record struct XrcEth
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 4;

    /// <summary>Makes a header.</summary>
    /// <param name="sharedReceiveQueue">Number of the XRC shared receive queue, 24 bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than 24 bits.</exception>
    public XrcEth(uint sharedReceiveQueue) => SharedReceiveQueue = UInt24.Checked(sharedReceiveQueue, nameof(sharedReceiveQueue));

    /// <summary>Number of the XRC shared receive queue, 24 bits.</summary>
    public uint SharedReceiveQueue { get; }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out XrcEth header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        destination[0] = 0;
        UInt24.Write(destination[1..], SharedReceiveQueue);
    }

    internal static XrcEth Read(ReadOnlySpan<byte> source) => new(UInt24.Read(source[1..]));
}
