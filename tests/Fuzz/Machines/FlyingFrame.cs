namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>A frame on its way.</summary>
internal sealed class FlyingFrame
{
    /// <summary>Room for the longest frame and what a change may add.</summary>
    public const int Room = 4608;

    public byte[] Bytes { get; } = new byte[Room];

    public int Length { get; set; }

    /// <summary>Where the BTH begins.</summary>
    public int TransportOffset { get; set; }

    /// <summary>Whom it goes to: 0 or 1.</summary>
    public int To { get; set; }

    public Span<byte> Frame => Bytes.AsSpan(0, Length);

    public Span<byte> Transport => Bytes.AsSpan(TransportOffset, Length - TransportOffset);
}
