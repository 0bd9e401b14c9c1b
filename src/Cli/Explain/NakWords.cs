using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Explain;

/// <summary>What a negative acknowledgement says, and what becomes of the work request.</summary>
internal static class NakWords
{
    /// <summary>Waits in units of 10 µs, by the code of an RNR NAK (R-REQ-43).</summary>
    private static ReadOnlySpan<int> Waits =>
    [
        65536, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192,
        256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152,
    ];

    public static string Of(NakCode code) => code switch
    {
        NakCode.PsnSequenceError => "PSN sequence error: a packet before this one is missing, send again from this PSN",
        NakCode.InvalidRequest => "invalid request: the peer's queue pair does not take it",
        NakCode.RemoteAccessError => "remote access error: the peer's memory may not be used like this",
        NakCode.RemoteOperationalError => "remote operational error: the peer could not do it",
        NakCode.InvalidRdRequest => "invalid RD request",
        _ => $"reserved code {(int)code}",
    };

    public static string OfReceiverNotReady(int timer) =>
        $"receiver not ready: no receive is posted, wait at least {Waits[timer] / 100.0:0.##} ms";

    /// <summary>The words for the work request that it ends; null when it ends none.</summary>
    public static FailureWords? EndOf(NakCode code) => code switch
    {
        NakCode.InvalidRequest => FailureWords.OfSend((int)WorkCompletionStatus.RemoteInvalidRequestError),
        NakCode.RemoteAccessError => FailureWords.OfSend((int)WorkCompletionStatus.RemoteAccessError),
        NakCode.RemoteOperationalError => FailureWords.OfSend((int)WorkCompletionStatus.RemoteOperationError),
        _ => null,
    };
}
