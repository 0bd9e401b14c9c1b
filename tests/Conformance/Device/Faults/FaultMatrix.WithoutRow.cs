using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <content>The statuses that no row ends in.</content>
internal static partial class FaultMatrix
{
    private const string ReliableDatagram = "belongs to reliable datagrams, and there are no queue pairs of that type";

    /// <summary>Why a status has no row; tests/Tidy holds that no line of the transport gives one that cannot occur.</summary>
    public static IReadOnlyDictionary<WorkCompletionStatus, string> WithoutRow { get; } = new Dictionary<WorkCompletionStatus, string>
    {
        [WorkCompletionStatus.LocalEndToEndContextOperationError] = ReliableDatagram,
        [WorkCompletionStatus.LocalRddViolationError] = ReliableDatagram,
        [WorkCompletionStatus.RemoteInvalidReadRequestError] = ReliableDatagram,
        [WorkCompletionStatus.InvalidEndToEndContextNumberError] = ReliableDatagram,
        [WorkCompletionStatus.InvalidEndToEndContextStateError] = ReliableDatagram,
        [WorkCompletionStatus.RemoteAbortedError] = "belongs to reliable datagrams: no packet of the other services says it",
        [WorkCompletionStatus.LocalAccessError] = "a WRITE with immediate to memory it may not touch is the peer's fault: REM_ACCESS_ERR",
        [WorkCompletionStatus.ResponseTimeoutError] = "reserved: an answer that does not come is RETRY_EXC_ERR",
        [WorkCompletionStatus.GeneralError] = "every cause has a status of its own",
        [WorkCompletionStatus.FatalError] = $"takes a device down, so {nameof(FaultTests)} has it",
    };
}
