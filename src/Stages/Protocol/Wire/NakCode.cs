namespace RdmaPipeline.Protocol.Wire;

/// <summary>Why a request was refused: the low five bits of a NAK syndrome (R-WIRE-12). Codes above these are reserved.</summary>
public enum NakCode : byte
{
    /// <summary>A PSN was skipped; the requester goes back (0x60).</summary>
    PsnSequenceError = 0,

    /// <summary>Invalid request (0x61).</summary>
    InvalidRequest = 1,

    /// <summary>Remote access error (0x62).</summary>
    RemoteAccessError = 2,

    /// <summary>Remote operational error (0x63).</summary>
    RemoteOperationalError = 3,

    /// <summary>Invalid RD request (0x64).</summary>
    InvalidRdRequest = 4,
}
