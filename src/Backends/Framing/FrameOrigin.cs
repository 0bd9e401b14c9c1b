namespace RdmaPipeline.Backends.Framing;

/// <summary>What the link and network headers of a received packet tell the receiver of a datagram (R-RESP-37).</summary>
/// <param name="HasRouteHeader">The packet had a GRH, or what stands for it on RoCEv2.</param>
/// <param name="SourceLid">The sender's LID; 0 on RoCE.</param>
/// <param name="ServiceLevel">The service level; 0 on RoCE.</param>
/// <param name="DestinationPathBits">The low bits of the destination LID; 0 on RoCE.</param>
public readonly record struct FrameOrigin(
    bool HasRouteHeader, ushort SourceLid = 0, byte ServiceLevel = 0, byte DestinationPathBits = 0);
