namespace RdmaPipeline.FuzzTests.Frames;

/// <summary>What carries the frames.</summary>
internal enum FrameMediumKind
{
    /// <summary>Ethernet frames with a checked ICRC.</summary>
    Ethernet,

    /// <summary>Native frames with checked CRCs.</summary>
    Native,

    /// <summary>What a UDP socket gives: BTH to ICRC.</summary>
    Socket,

    /// <summary>Ethernet frames whose medium vouches for the bytes.</summary>
    EthernetUnchecked,

    /// <summary>Native frames whose medium vouches for the bytes.</summary>
    NativeUnchecked,
}
