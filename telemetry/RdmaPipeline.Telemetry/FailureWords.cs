namespace RdmaPipeline.Telemetry;

/// <summary>What a failed work completion means to the one who reads it.</summary>
/// <param name="ErrorType">A name of <see cref="ErrorTypes"/>.</param>
/// <param name="Stage">The stage that finds it out.</param>
/// <param name="Cause">What has happened, in a sentence without a full stop.</param>
/// <param name="Advice">What to look at first.</param>
/// <param name="Rule">The rule that makes it so.</param>
public sealed partial record FailureWords(string ErrorType, string Stage, string Cause, string Advice, string Rule)
{
    private const string Requester = "requester";
    private const string Completer = "completer";
    private const string Responder = "responder";
    private const string Never = "nothing that this transport does ends like this";

    private static readonly FailureWords[] s_sends =
    [
        Of(0, Completer, "the work request was done", "nothing", "R-CQ-12"),
        Of(1, Requester, "the data did not fit: a datagram longer than the MTU, or an answer longer than the memory for it",
            "the length of the work request against the MTU of the port", "completion.md 3"),
        Of(2, Requester, "this queue pair cannot do what was asked: the opcode, the address handle or the key to register is wrong",
            "opcode and type of the queue pair, the address handle and its protection domain", "R-REQ-46, R-REQ-57"),
        Of(3, Requester, Never, "the peer's implementation", "completion.md 3"),
        Of(4, Requester, "the local memory of the work request may not be used: wrong key, other protection domain, outside its "
            + "region, or not writable for a READ",
            "local key, address and length of each entry, and whether the region was deregistered too early", "R-REQ-11"),
        Of(5, Completer,
            "it was outstanding, or was posted, when the queue pair had failed already: whether the peer has seen it is unknown",
            "the first work request that failed on this queue pair: its status is the cause", "R-CQ-17, R-CQ-18, R-REQ-52"),
        Of(6, Requester, "the memory window could not be bound", "the region's right to bind windows, its range, and the window's domain",
            "R-VERB-5"),
        Of(7, Completer, "the peer's answer does not belong to any request that is outstanding, or is malformed",
            "what answers under the peer's address, and its implementation", "R-REQ-33"),
        Of(8, Completer, Never, "the peer's implementation", "completion.md 3"),
        Of(9, Completer, "the peer refused the request as invalid (NAK 1): an operation that its queue pair does not allow, a message "
            + "longer than its receive, more READs and atomics at once than it keeps, or a misaligned atomic",
            "the peer's access flags, the length of its receives, max_rd_atomic against its max_dest_rd_atomic", "R-REQ-33, R-RESP-35"),
        Of(10, Completer, "the peer refused the access (NAK 2): its key is unknown or invalidated, the range lies outside its region, "
            + "or the region lacks the right", "remote key, address and length against the peer's registration and its access flags",
            "R-REQ-33, R-RESP-10"),
        Of(11, Completer, "the peer could not do it (NAK 3): the memory of its receive work request is not usable",
            "the entries of the peer's receives; its own completion says more", "R-REQ-33, R-RESP-35"),
        Of(12, Completer, "the peer did not answer, not even to the last retry: it is gone, unreachable, in an error state, or expects "
            + "another PSN",
            "whether the peer's queue pair is still in RTR or RTS with these numbers and PSNs, the link, timeout and retry_cnt",
            "R-REQ-40, R-REQ-41"),
        Of(13, Completer, "the peer had no receive posted for it, not even after the last wait", "whether the peer posts receives as "
            + "fast as messages come, its min_rnr_timer, and rnr_retry of this side (7 waits for ever)", "R-REQ-42"),
        Of(14, Completer, Never, "the peer's implementation", "completion.md 3"),
        Of(15, Completer, Never, "the peer's implementation", "completion.md 3"),
        Of(16, Completer, Never, "the peer's implementation", "completion.md 3"),
        Of(17, Completer, Never, "the peer's implementation", "completion.md 3"),
        Of(18, Completer, Never, "the peer's implementation", "completion.md 3"),
        Of(19, Completer, "the queue pair or the device broke: a stage has failed or the adapter is gone",
            "the device's asynchronous events and its stages' faults", "completion.md 3"),
        Of(20, Completer, Never, "the peer's implementation", "completion.md 3"),
        Of(21, Completer, Never, "the peer's implementation", "completion.md 3"),
    ];

    /// <summary>The words for a status of a send.</summary>
    /// <param name="status">The number of the status, 0 to 21.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such status.</exception>
    public static FailureWords OfSend(int status) => (uint)status < (uint)s_sends.Length
        ? s_sends[status]
        : throw new ArgumentOutOfRangeException(nameof(status), status, $"A status is 0 to {s_sends.Length - 1}.");

    /// <summary>The words for a request that the responder refused for good.</summary>
    /// <param name="reason">Why it dropped the packet.</param>
    public static FailureWords OfRefusal(DropReason reason) => reason switch
    {
        DropReason.MrViolation => new("remote_access_error", Responder,
            "the peer asked for memory that it may not use, or the memory of the receive is not usable",
            "key, address, length and rights of the region, and the entries of the receive", "R-RESP-10"),
        DropReason.BadLength or DropReason.MtuExceeded => new("remote_invalid_request_error", Responder,
            "the message is longer than the receive posted for it, or its length contradicts its packets",
            "the length of receives, and the path MTU at both ends", "R-RESP-35"),
        _ => new("remote_invalid_request_error", Responder,
            "the request is not allowed on this queue pair, or out of its order",
            "the access flags of the queue pair, max_dest_rd_atomic, and the peer's implementation", "R-RESP-35"),
    };

    /// <summary>The whole failure as one sentence.</summary>
    /// <param name="psn">The PSN it failed at; null where it had none.</param>
    /// <param name="retries">Retries that were spent.</param>
    /// <param name="rnrRetries">Waits for the receiver that were spent.</param>
    public string Tell(uint? psn, int retries, int rnrRetries)
    {
        string at = psn is { } number ? $" at PSN 0x{number:x6}" : "";
        string spent = retries > 0 && rnrRetries > 0
            ? $" after {Times(retries, "retry", "retries")} and {Times(rnrRetries, "wait", "waits")}"
            : retries > 0 ? $" after {Times(retries, "retry", "retries")}"
            : rnrRetries > 0 ? $" after {Times(rnrRetries, "wait", "waits")} for the receiver"
            : "";
        return $"{ErrorType} in stage {Stage}{at}{spent}: {Cause}";
    }

    private static string Times(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";

    private static FailureWords Of(int status, string stage, string cause, string advice, string rule) =>
        new(ErrorTypes.Name(status), stage, cause, advice, rule);
}
