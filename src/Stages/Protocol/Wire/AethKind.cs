namespace RdmaPipeline.Protocol.Wire;

/// <summary>The type of an acknowledgement: bits 6:5 of the syndrome (R-WIRE-12).</summary>
public enum AethKind : byte
{
    /// <summary>ACK; the low bits are the credit code.</summary>
    Ack = 0,

    /// <summary>RNR NAK; the low bits are the timer code.</summary>
    RnrNak = 1,

    /// <summary>Reserved.</summary>
    Reserved = 2,

    /// <summary>NAK; the low bits are a <see cref="NakCode"/>.</summary>
    Nak = 3,
}
