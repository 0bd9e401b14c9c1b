using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>In which states a queue pair takes packets (step 9 of wire.md section 8, R-RESP-49).</summary>
internal static class QueuePairReception
{
    /// <summary>Requests: RTR, RTS, SQD, SQE.</summary>
    public static bool Requests(QueuePairState state) =>
        state is >= QueuePairState.ReadyToReceive and <= QueuePairState.SendQueueError;

    /// <summary>Responses: RTS, SQD.</summary>
    public static bool Responses(QueuePairState state) =>
        state is QueuePairState.ReadyToSend or QueuePairState.SendQueueDrained;
}
