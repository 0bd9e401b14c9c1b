using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>Executes the work requests that change the keys of this device and send nothing (R-VERB-5, R-VERB-6, R-REQ-30).</summary>
internal sealed class LocalOperations(QueuePairScope scope)
{
    /// <summary>Executes a work request at the moment it starts, so that it is in effect before any later one starts.</summary>
    /// <param name="request">LOCAL_INV, BIND_MW or REG_MR.</param>
    /// <returns>Success, or the status it completes with.</returns>
    public WorkCompletionStatus Execute(in SendWqe request)
    {
        var done = request.Opcode == SendOpcode.LocalInvalidate
            ? scope.Regions.TryInvalidateLocal(request.InvalidateKey, scope.Context.ProtectionDomain)
            : request.MemoryOperation!.TryExecute(scope.Context);
        return done ? WorkCompletionStatus.Success
            : request.Opcode == SendOpcode.BindMemoryWindow ? WorkCompletionStatus.MemoryWindowBindError
            : WorkCompletionStatus.LocalQueuePairOperationError;
    }
}
