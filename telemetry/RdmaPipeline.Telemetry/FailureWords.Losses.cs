namespace RdmaPipeline.Telemetry;

/// <content>Messages of a service that sends nothing again.</content>
public sealed partial record FailureWords
{
    private const string Receive = "receive";
    private const string Decode = "decode";
    private const string Dispatch = "dispatch";

    private static readonly Dictionary<DropReason, FailureWords> s_losses = new[]
    {
        Lost(DropReason.IcrcMismatch, Dispatch, "a packet of it came damaged: its ICRC is wrong",
            "the links, and whatever changes packets on the way", "R-WIRE-23"),
        Lost(DropReason.VcrcMismatch, Decode, "a packet of it came damaged: its VCRC is wrong", "the link it came by", "R-WIRE-25"),
        Lost(DropReason.BadHeader, Decode, "a header of it is malformed", "the sender's implementation", "R-WIRE-31"),
        Lost(DropReason.BadOpcode, Responder, "a packet of it does not continue what came before it: its beginning is missing",
            "the packets before it, and the sender's implementation", "R-RESP-6, R-RESP-43"),
        Lost(DropReason.BadPkey, Dispatch, "its P_Key does not match that of the receiver's queue pair",
            "the partitions of both ports, and the pkey_index of both queue pairs", "R-WIRE-26, R-WIRE-28"),
        Lost(DropReason.BadQkey, Dispatch, "its Q_Key is not that of the receiver's queue pair",
            "remote_qkey of the work request against the qkey of the receiver's queue pair", "R-WIRE-29"),
        Lost(DropReason.UnknownQp, Dispatch, "the receiver has no queue pair of this number",
            "the number that the sender uses, and whether that queue pair was destroyed", "R-WIRE-31"),
        Lost(DropReason.QpState, Dispatch, "the receiver's queue pair does not receive in its state",
            "whether it is in RTR or RTS, and why it is not", "R-RESP-49"),
        Lost(DropReason.BadTransport, Dispatch, "the receiver's queue pair is of another service, or has another peer",
            "the types of both queue pairs, and whom each is connected to", "R-WIRE-31"),
        Lost(DropReason.BadLength, Responder,
            "it is longer than the receive posted for it (a datagram needs 40 bytes more), or its length contradicts its packets",
            "the length of receives against that of messages, and the path MTU at both ends", "R-RESP-44, R-RESP-46"),
        Lost(DropReason.MtuExceeded, Receive, "a packet of it is longer than a link or the receiver's port carries",
            "the path MTU at both ends against the MTU of every link", "R-WIRE-18"),
        Lost(DropReason.OutOfSequence, Responder, "a packet of it is missing: it was lost on the way, or came out of its order",
            "what the links and the receiver's stages drop, and whether its packets take several ways", "R-RESP-43"),
        Lost(DropReason.NoReceiveBuffer, Responder, "the receiver had no receive posted for it",
            "whether the receiver posts receives as fast as messages come", "R-RESP-17, R-RESP-45"),
        Lost(DropReason.SrqEmpty, Responder, "the receiver's shared receive queue was empty",
            "whether receives are posted as fast as all who share them take them", "R-RESP-17, R-RESP-45"),
        Lost(DropReason.MrViolation, Responder, "it is for memory that it may not use, or the memory of the receive is not usable",
            "key, address, length and rights of the region, and the entries of the receive", "R-RESP-44"),
        Lost(DropReason.QueueFull, Receive, "there was no room for a packet of it in front of a link, or in the receiver's ring",
            "how fast it was sent against what the links and the receiver take, and the size of the receive ring"),
        Lost(DropReason.SocketError, "send", "the operating system refused a packet of it", "rdma.backend.errors of the sender"),
        Lost(DropReason.InjectedFault, Receive, "a script of faults took a packet of it", "the script: this loss was wanted"),
        Lost(DropReason.Reconfiguration, Receive, "a packet of it lay where the graph was changed or closed", "the change of the graph"),
        Lost(DropReason.NoRoute, Receive, "no way leads to its receiver: a link is down, or nobody has this address",
            "the address, the links, and whether the receiver's port is up"),
        Lost(DropReason.Ttl, Receive, "it passed more switches than its hop limit allows", "the hop limit of its path, and loops"),
    }.ToDictionary(words => words.Key, words => words.Value);

    /// <summary>
    /// The words for a message of an unreliable service that was lost because a packet of it was missing
    /// (<see cref="DropReason.OutOfSequence"/>) or went no further. <see cref="ErrorType"/> is the name of the reason.
    /// </summary>
    /// <param name="reason">Why the packet went no further.</param>
    public static FailureWords OfLoss(DropReason reason) => s_losses.TryGetValue(reason, out var words)
        ? words
        : new FailureWords(DropReasons.Name(reason), Responder, "a packet of it went no further", "what the receiver's stages drop", "");

    private static KeyValuePair<DropReason, FailureWords> Lost(
        DropReason reason, string stage, string cause, string advice, string rule = "") =>
        new(reason, new FailureWords(DropReasons.Name(reason), stage, cause, advice, rule));
}
