using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>What follows from a <see cref="RequestFault"/>: a row of the table of responder.md section 10.</summary>
/// <param name="Nak">The code of the NAK; null when the fault is not told to the requester.</param>
/// <param name="Status">The status of the receive work request, when one is attached to the message.</param>
/// <param name="Event">The asynchronous event when none is; null when there always is one.</param>
/// <param name="Drop">What the packet is counted as.</param>
internal readonly record struct RequestFaultTraits(NakCode? Nak, WorkCompletionStatus Status, AsyncEventType? Event, DropReason Drop)
{
    private static readonly RequestFaultTraits[] Rows = Build();

    /// <summary>The row of a fault that ends the connection: any but None and ReceiverNotReady.</summary>
    public static ref readonly RequestFaultTraits Of(RequestFault fault) => ref Rows[(int)fault];

    private static RequestFaultTraits[] Build()
    {
        var rows = new RequestFaultTraits[(int)RequestFault.InvalidateFailed + 1];
        rows[(int)RequestFault.OpcodeSequence] = InvalidRequest(DropReason.BadOpcode);
        rows[(int)RequestFault.NoSharedReceiveQueue] = InvalidRequest(DropReason.BadHeader);
        rows[(int)RequestFault.Unsupported] = InvalidRequest(DropReason.BadOpcode);
        rows[(int)RequestFault.NotPermitted] = InvalidRequest(DropReason.MrViolation);
        rows[(int)RequestFault.ExcessRequests] = InvalidRequest(DropReason.QueueFull);
        rows[(int)RequestFault.MtuExceeded] = InvalidRequest(DropReason.MtuExceeded);
        rows[(int)RequestFault.Length] = InvalidRequest(DropReason.BadLength);
        rows[(int)RequestFault.Misaligned] = InvalidRequest(DropReason.MrViolation);
        rows[(int)RequestFault.MessageTooLong] =
            new(NakCode.InvalidRequest, WorkCompletionStatus.LocalLengthError, null, DropReason.BadLength);
        rows[(int)RequestFault.RemoteAccess] = new(NakCode.RemoteAccessError, WorkCompletionStatus.RemoteAccessError,
            AsyncEventType.QueuePairAccessError, DropReason.MrViolation);
        rows[(int)RequestFault.LocalProtection] =
            new(NakCode.RemoteOperationalError, WorkCompletionStatus.LocalProtectionError, null, DropReason.MrViolation);
        rows[(int)RequestFault.MalformedReceive] =
            new(NakCode.RemoteOperationalError, WorkCompletionStatus.LocalQueuePairOperationError, null, DropReason.MrViolation);
        rows[(int)RequestFault.InvalidateFailed] =
            new(null, WorkCompletionStatus.RemoteInvalidRequestError, null, DropReason.MrViolation);
        return rows;
    }

    private static RequestFaultTraits InvalidRequest(DropReason drop) =>
        new(NakCode.InvalidRequest, WorkCompletionStatus.RemoteInvalidRequestError, AsyncEventType.QueuePairRequestError, drop);
}
