using A = RdmaPipeline.Telemetry.AttributeNames;
using B = RdmaPipeline.Telemetry.MetricBoundaries;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.Telemetry;

/// <content>What queue pairs do, by the stage that does it.</content>
public static partial class MetricCatalogue
{
    private static IEnumerable<MetricDescription> Transport() =>
        [
            .. Section("Requester", Requester()).Select(OfQueuePair),
            .. Section("Completer", Completer()).Select(OfQueuePair),
            .. Section("Responder", Responder()).Select(OfQueuePair),
            .. Section("Acknowledgement generator", AckGenerator()).Select(OfQueuePair),
            .. Section("Encode and decode", [
                Histogram(M.IcrcDuration, "s", B.Local,
                    "Time to make (and to copy the payload) or to check the ICRCs of a burst, sampled; not where the medium does without.",
                    A.IoDirection),
            ]),
        ];

    private static IEnumerable<MetricDescription> Section(string section, MetricDescription[] entries) =>
        entries.Select(entry => entry with { Section = section });

    // What a queue pair counts can be told for it alone; distributions and what a stage counts cannot.
    private static MetricDescription OfQueuePair(MetricDescription entry) =>
        entry.Kind == MetricKind.Histogram || !entry.Attributes.Contains(A.Transport)
            ? entry
            : entry with { OptInAttributes = [A.QueuePairNumber, A.PeerAddress] };

    private static MetricDescription[] Requester() =>
    [
        Counter(M.WorkRequests, "{work_request}", "Send work requests that were begun.", A.OperationName, A.Transport),
        Counter(M.Packets, "{packet}", "Packets built for queue pairs, and taken in by them, the dropped and the repeated included.",
            A.IoDirection, A.Transport),
        Counter(M.Io, "By", "Payload of these packets.", A.IoDirection, A.Transport),
        Counter(M.Retransmissions, "{packet}",
            "Request packets sent again. ack_request: nothing was lost, but the newest packet had not asked for an acknowledgement.",
            A.RetransmitReason, A.Transport),
        UpDown(M.InflightPackets, "{packet}", "Packet sequence numbers sent, or given to responses, and not acknowledged.", A.Transport),
        UpDown(M.InflightSize, "By", "Bytes of the messages that were begun and have not completed.", A.Transport),
        Gauge(M.WindowLimit, "{packet}", "Packets that may be unacknowledged, added up over the queue pairs that can send.", A.Transport),
    ];

    private static MetricDescription[] Completer() =>
    [
        Histogram(M.WorkRequestDuration, "s", B.Remote, "From the post of a send work request to its completion, sampled.",
            A.OperationName, A.Transport, A.ErrorType),
        Counter(M.Completions, "{completion}", "Work requests that ended, unsignaled ones included. Without error.type: well.",
            A.OperationName, A.CompletionSide, A.ErrorType, A.Transport),
        Histogram(M.AckRtt, "s", B.Remote,
            "From a request packet that asks for an acknowledgement to the acknowledgement, one at a time per queue pair; none when "
            + "anything was sent again meanwhile (Karn). Sampled.",
            A.Transport),
        Counter(M.Naks, "{nak}", "Negative acknowledgements.", A.IoDirection, A.NakCode, A.Transport),
        Counter(M.NaksImplied, "{nak}", "Responses that showed that an earlier one was lost.", A.Transport),
        Counter(M.AckTimeouts, "{timeout}", "Transport timers that fired: nothing was acknowledged for too long.", A.Transport),
        Counter(M.RetriesExhausted, "{error}", "Work requests that failed because the retries were used up.", A.RetryKind, A.Transport),
        Counter(M.CompleterDeferrals, "{event}", "Responses that had to wait in front of the completer, which was not free at once."),
    ];

    private static MetricDescription[] Responder() =>
    [
        Counter(M.Requests, "{request}", "Requests of peers taken in their turn, refused ones included.", A.OperationName, A.Transport),
        Counter(M.Duplicates, "{packet}", "Requests that had been executed before.", A.Transport),
        Counter(M.OutOfSequence, "{packet}", "Requests beyond the expected packet sequence number.", A.Transport),
        Counter(M.ReceiveBuffersMissing, "{packet}", "Packets that found no receive work request.", A.QueueKind, A.Transport),
        Counter(M.MemoryAccessErrors, "{error}", "Requests refused for the memory they name or the receive they would fill.",
            A.ErrorType, A.Transport),
    ];

    private static MetricDescription[] AckGenerator() =>
    [
        Counter(M.Acks, "{ack}",
            "Positive acknowledgements without data. Coalesced: of several requests that asked for one (transmit), of several work "
            + "requests (receive).",
            A.IoDirection, A.AckCoalesced, A.Transport),
        Histogram(M.AckDelay, "s", B.Local,
            "From the first request an acknowledgement answers to the acknowledgement, sampled.",
            A.Transport),
    ];
}
