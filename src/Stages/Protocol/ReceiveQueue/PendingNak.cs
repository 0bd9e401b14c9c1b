namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>The one negative acknowledgement that may be owed.</summary>
internal enum PendingNak : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>RNR NAK at the expected PSN (R-RESP-15).</summary>
    ReceiverNotReady,

    /// <summary>NAK 0 at the expected PSN (R-RESP-2).</summary>
    Sequence,

    /// <summary>NAK 1 to 3 at the failing PSN; the last packet this queue pair sends (R-RESP-35).</summary>
    Fatal,
}
