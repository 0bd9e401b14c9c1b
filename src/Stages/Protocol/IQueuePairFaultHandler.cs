using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>The way into the ERR state for the parts of a machine.</summary>
internal interface IQueuePairFaultHandler
{
    /// <summary>
    /// Makes the state ERR without flushing yet, before the completion that tells of it: who polls that completion must not find the queue
    /// pair in another state. <see cref="EnterError"/> follows in the same call. No effect when already in ERR or RESET.
    /// </summary>
    void MarkError();

    /// <summary>
    /// Takes the queue pair to ERR and flushes what is left in both queues (R-CQ-17, R-REQ-52, R-RESP-50). The caller has already
    /// completed the work request that failed with its own status, and returns at once after this call. No effect when done before.
    /// </summary>
    /// <param name="raise">
    /// The asynchronous event that goes with the fault, or null when a completion tells the user (responder.md section 10).
    /// </param>
    void EnterError(AsyncEventType? raise);

    /// <summary>
    /// As <see cref="MarkError"/> for a send work request that failed on this side: SQE where the type has that state, else ERR (R-REQ-46,
    /// R-REQ-51).
    /// </summary>
    void MarkSendError();

    /// <summary>As <see cref="EnterError"/> after <see cref="MarkSendError"/>: SQE flushes the send queue only (R-REQ-51).</summary>
    void EnterSendError();
}
