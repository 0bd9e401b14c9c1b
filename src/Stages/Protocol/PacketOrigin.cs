namespace RdmaPipeline.Protocol;

/// <summary>How a received packet came, as far as a datagram tells its user (responder.md section 11).</summary>
public readonly ref struct PacketOrigin
{
    /// <summary>
    /// The 40 bytes that go in front of a datagram's payload: the GRH, or what stands for it on RoCEv2 (R-RESP-37). Empty when the packet
    /// carried none.
    /// </summary>
    public ReadOnlySpan<byte> RouteHeader { get; init; }

    /// <summary>The sender's LID; 0 on RoCE.</summary>
    public ushort SourceLid { get; init; }

    /// <summary>The service level, 0 to 15; 0 on RoCE.</summary>
    public byte ServiceLevel { get; init; }

    /// <summary>The low bits of the destination LID; 0 on RoCE.</summary>
    public byte DestinationPathBits { get; init; }
}
