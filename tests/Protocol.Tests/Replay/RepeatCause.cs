namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>Why a requester sends again what it sent before.</summary>
internal enum RepeatCause
{
    None,
    SequenceNak,
    ReceiverNotReady,
    ImpliedNak,
    Timeout,
}
