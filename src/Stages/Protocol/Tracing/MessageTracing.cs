using System.Numerics;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>Who is told of the messages of a queue pair, and of which. Touched by the owning shard only.</summary>
internal sealed class MessageTracing(QueuePairScope scope)
{
    private static readonly SamplePace s_none = new(oneIn: 0, limit: 0);

    private QuietRun _quietSends;
    private QuietRun _quietArrivals;
    private bool _isReceiving;
    private Foresight? _foresight; // made for a listener: there are many queue pairs without one
    private uint _received;

    /// <summary>Who is told; null while nobody listens, which is all that an untraced packet looks at.</summary>
    public IQueuePairObserver? Observer { get; set; }

    /// <summary>How rarely messages are chosen.</summary>
    public SamplePace Pace { get; set; } = s_none;

    /// <summary>The packet in hand came with a context: its message is traced whatever the sampler says.</summary>
    public bool HasContext { get; set; }

    /// <summary>What goes in front of SENDs; null where the ends have not agreed on it.</summary>
    public TracePrefix? Prefix { get; private set; }

    /// <summary>The observer holds messages that have not been answered.</summary>
    public bool AwaitsAnswer { get; set; }

    /// <summary>The ends have agreed to put a prefix in front of SENDs, or not to. Before the first message in either direction.</summary>
    public void UsePrefix(bool isAgreed) => Prefix = isAgreed
        ? new TracePrefix((int)BitOperations.RoundUpToPowerOf2((uint)scope.Context.SendRing.Capacity))
        : null;

    /// <summary>The peer may be another one from now on.</summary>
    public void Restart()
    {
        _quietSends.Forget();
        _quietArrivals.Forget();
    }

    /// <summary>Messages will come on a connection: the first of them may be of interest. Only with an observer.</summary>
    /// <param name="first">The number of the first.</param>
    public void Await(uint first) => Foresee(
        MessageSampler.Connection(scope.Settings.DestinationQueuePair, scope.Context.Number), SequenceNumber.Add(first, -1),
        Pace.Threshold, isOneOfMany: false);

    /// <summary>Nobody listens any longer: what was under way is of no interest to whoever comes next.</summary>
    public void Leave()
    {
        Observer = null;
        _isReceiving = AwaitsAnswer = false;
        _foresight = null;
    }

    /// <summary>The queue pair is reset: the message that was being received never ends, and the next are numbered anew.</summary>
    public void Reset()
    {
        _isReceiving = false;
        _foresight = null;
        Restart();
    }

    /// <summary>Bytes in front of a message on the wire.</summary>
    public uint PrefixOf(SendOperation operation) => Prefix is not null && operation.IsSend ? (uint)TracePrefix.Length : 0;

    /// <summary>Takes the prefix of a received message off its first payload.</summary>
    /// <param name="payload">The payload of the first packet; what is left of it.</param>
    /// <returns>False when it is too short to have one.</returns>
    public bool TryTakePrefix(ref ReadOnlySpan<byte> payload)
    {
        if (payload.Length < TracePrefix.Length) return false;
        payload[..TracePrefix.Length].CopyTo(Prefix!.Received);
        payload = payload[TracePrefix.Length..];
        HasContext |= TracePrefix.IsMarked(Prefix.Received);
        return true;
    }

    /// <summary>Whether an answer at a PSN covers a message (R-RESP-33).</summary>
    public static bool Covers(uint answered, uint last) => !Psn.Truncate(last).IsAfter(Psn.Truncate(answered));

    /// <summary>Whether a work request with this number is known to be of no interest.</summary>
    public bool IsQuietSend(uint sequence) => _quietSends.Covers(sequence);

    /// <summary>Whether a packet that was taken is known to be of no interest.</summary>
    /// <param name="sequence">The number that the message would have which it begins, asked before it was taken.</param>
    public bool IsQuietArrival(uint sequence) => !(_isReceiving | HasContext) && _quietArrivals.Covers(sequence);

    /// <summary>A work request has got its PSNs. Only with an observer, unless <see cref="IsQuietSend"/>.</summary>
    public void SendStarted(ref SendMessage message, in SendWqe request, long index, Instant now, uint sequence)
    {
        var destination = DestinationOf(request);
        var connection = MessageSampler.Connection(scope.Context.Number, destination);
        var threshold = Pace.ThresholdAt(now);
        if (!MessageSampler.Takes(connection, sequence, threshold))
        {
            if (request.Destination is null) _quietSends.Begin(sequence, MessageSampler.CountOthers(connection, sequence, threshold));
            return;
        }

        Pace.Chose(now);
        message.IsTraced = Observer!.SendStarted(new SendStart(
            index, request.Opcode, destination, sequence, message.First.Value, message.Last.Value, request.Length, now));
        if (message.IsTraced && message.PrefixLength != 0) Observer.PrefixBegun(index, Prefix!.Begin(index));
    }

    /// <summary>A work request is done. Only with an observer.</summary>
    public void SendEnded(
        in SendMessage message, in SendWqe request, long index, WorkCompletionStatus status, bool isStarted, SendQueueState state)
    {
        var start = isStarted
            ? new SendStart(index, request.Opcode, DestinationOf(request), 0, message.First.Value, message.Last.Value, request.Length,
                message.StartedAt)
            : new SendStart(index, request.Opcode, DestinationOf(request), 0, state.StartPsn.Value, state.StartPsn.Value, request.Length,
                default);
        Observer!.SendEnded(new SendEnd(
            start, request.WorkRequestId, status, isStarted, isStarted && message.IsTraced, state.Unacknowledged.Value,
            state.Retry?.RetriesSpent ?? 0, state.Retry?.RnrRetriesSpent ?? 0));
    }

    /// <summary>A request was taken, unless <see cref="IsQuietArrival"/>, or it was not. Only with an observer.</summary>
    /// <param name="packet">The request.</param>
    /// <param name="sequence">The number that the message would have which it begins, asked before it was taken.</param>
    /// <param name="last">The PSN before the next one that is expected.</param>
    /// <param name="drop">Why it was not executed.</param>
    /// <param name="now">The time.</param>
    public void RequestTaken(in PacketView packet, uint sequence, uint last, DropReason drop, Instant now)
    {
        if (drop != DropReason.None)
        {
            Refuse(packet, sequence, drop, now);
            return;
        }

        if (packet.Traits.IsFirst) Begin(packet, sequence, now);
        if (_isReceiving) Tell(packet, last, now);
    }

    private void Begin(in PacketView packet, uint sequence, Instant now)
    {
        Lose(DropReason.OutOfSequence, packet);
        var source = SourceOf(packet);
        var connection = MessageSampler.Connection(source, packet.DestinationQueuePair);
        var threshold = Pace.ThresholdAt(now);
        var isSampled = MessageSampler.Takes(connection, sequence, threshold);
        if (isSampled) Pace.Chose(now);
        _isReceiving = (isSampled || HasContext)
            && Observer!.ReceiveStarted(Describe(packet, sequence) with { IsSampled = isSampled }, now);
        _received = 0;
        Prefix?.Forget();
        var isDatagram = packet.Traits.Has(HeaderLayout.Deth);
        var quiet = Foresee(connection, sequence, threshold, isDatagram);
        if (!isDatagram) _quietArrivals.Begin(SequenceNumber.Add(sequence, 1), quiet - 1);
    }

    private int Foresee(ulong connection, uint sequence, ulong threshold, bool isOneOfMany)
    {
        var foresight = _foresight ??= new Foresight();
        var wasDue = foresight.IsDue;
        var quiet = foresight.Look(connection, sequence, threshold, isOneOfMany);
        if (foresight.IsDue != wasDue) Observer!.ReceiveForeseen(foresight.IsDue);
        return quiet;
    }

    private void Tell(in PacketView packet, uint last, Instant now)
    {
        var traits = packet.Traits;
        _received += (uint)packet.PayloadLength;
        if (Prefix is not null && traits.IsFirst && traits.Operation == PacketOperation.Send) _received -= TracePrefix.Length;
        Observer!.RequestExecuted(packet.Psn.Value, last, _received, traits.IsLast, now);
        _isReceiving = !traits.IsLast;
    }

    private void Refuse(in PacketView packet, uint sequence, DropReason drop, Instant now)
    {
        var isFatal = scope.State == QueuePairState.Error && drop != DropReason.QpState;
        // What is refused here will not come again: this is all that there is of the message.
        var isItsEnd = !scope.IsReliable && packet.Traits.IsFirst && !isFatal;
        if (isItsEnd && (HasContext || !_quietArrivals.Covers(sequence))) Begin(packet, sequence, now);
        if (isFatal || _isReceiving) Observer!.RequestRefused(Describe(packet, sequence), drop, isFatal, now);
        _isReceiving &= !isFatal;
        if (!scope.IsReliable) Lose(drop, packet);
    }

    // R-RESP-43, R-RESP-44: one packet that is missing or refused costs the whole message.
    private void Lose(DropReason drop, in PacketView packet)
    {
        if (_isReceiving) Observer!.ReceiveLost(drop, packet.Psn.Value);
        _isReceiving = false;
    }

    private ReceiveStart Describe(in PacketView packet, uint sequence) =>
        new(packet.Traits.Operation, SourceOf(packet), packet.DestinationQueuePair, sequence, packet.Psn.Value);

    private uint SourceOf(in PacketView packet) =>
        packet.Traits.Has(HeaderLayout.Deth) ? packet.Deth.SourceQueuePair : scope.Settings.DestinationQueuePair;

    private uint DestinationOf(in SendWqe request) =>
        request.Destination is null ? scope.Settings.DestinationQueuePair : request.RemoteQueuePair;
}
