using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// One queue pair, whatever its transport service: the face that stages see. It does no I/O: packets and time go in, packets, completions
/// and the next deadline come out. Each service is a subclass that composes the parts it needs; states, attributes and errors are here.
/// All members are for the shard that owns it, except the counters, which anyone may read.
/// </summary>
public abstract partial class QueuePairMachine : IQueuePairFaultHandler
{
    private protected QueuePairMachine(QueuePairScope scope)
    {
        Scope = scope;
        scope.Faults = this;
        Sends = new SendQueueState(scope);
        Completions = new SendCompletions(scope, Sends);
    }

    /// <summary>Where the peer is; null while there is no path.</summary>
    public AddressVector? Path => Scope.Settings.Path;

    /// <summary>Payload bytes of a full packet.</summary>
    public virtual int PathMtuBytes => Scope.Settings.PathMtuBytes;

    /// <summary>What was counted.</summary>
    public QueuePairCounters Counters => Scope.Counters;

    /// <summary>
    /// Whether a send work request is done when the back-end has taken its last packet (R-REQ-54, R-REQ-55): then whoever sends the packets
    /// of <see cref="PollRequest"/> tells <see cref="HandOver"/>.
    /// </summary>
    public virtual bool AwaitsHandover => false;

    /// <summary>
    /// Whether each request goes where its work request says: then <see cref="PrepareRequest"/> is called before
    /// <see cref="PollRequest"/>. Otherwise all packets go along <see cref="Path"/>.
    /// </summary>
    public virtual bool HasPathPerRequest => false;

    /// <summary>Whether <see cref="ReceiveRequest"/> looks at the origin of a packet.</summary>
    public virtual bool WantsOrigin => false;

    /// <summary>Whether <see cref="PollRequest"/> has something to do.</summary>
    public bool HasRequestWork => IsFlushingSends ? Scope.Context.SendRing.IsPublished(Sends.Oldest) : HasSendWork;

    /// <summary>Whether <see cref="PollResponse"/> has a packet to give.</summary>
    public virtual bool HasResponseWork => false;

    /// <summary>
    /// When <see cref="HandleDeadline"/> must be called; <see cref="Instant.Never"/> when nothing is waited for. It may move to an earlier
    /// instant with every input and with <see cref="PollRequest"/>; a call that comes too early is harmless.
    /// </summary>
    public virtual Instant NextDeadline => Instant.Never;

    /// <summary>Who is told of its messages.</summary>
    internal MessageTracing Tracing => Scope.Tracing;

    /// <summary>Any thread: PSNs sent and not acknowledged. May be off by what happens meanwhile.</summary>
    public long InflightPackets => IsSending ? Sends.OutstandingAtMost : 0;

    /// <summary>Any thread: PSNs that may be unacknowledged; 0 while nothing may be sent.</summary>
    public int WindowLimit => IsSending ? Sends.Window : 0;

    private bool IsSending => Scope.State is QueuePairState.ReadyToSend or QueuePairState.SendQueueDrained;

    private protected QueuePairScope Scope { get; }

    private protected SendQueueState Sends { get; }

    private protected SendCompletions Completions { get; }

    /// <summary>Whether <see cref="TryBuildRequest"/> has something to do.</summary>
    private protected abstract bool HasSendWork { get; }

    /// <summary>The PSN that the next request of the peer must have.</summary>
    private protected abstract Psn ExpectedPsn { get; }

    private Work Due => (HasRequestWork ? Work.SendDue : Work.None) | (HasResponseWork ? Work.ResponseDue : Work.None);

    /// <summary>Any thread: how long there was something to send that one thing held up.</summary>
    internal long HeldNanoseconds(SendHold hold, Instant now) => Sends.Holds.Read(hold, now, Counters);

    /// <summary>Judges a received packet for this queue pair (steps 8 to 12 of wire.md section 8). Changes nothing (R-WIRE-31).</summary>
    /// <param name="packet">A packet of legal lengths, opcode and version.</param>
    /// <param name="source">The address it came from.</param>
    /// <param name="destination">The address it was sent to.</param>
    /// <param name="sourceLid">The LID it came from; 0 on Ethernet.</param>
    /// <returns><see cref="DropReason.None"/>, or the first reason to drop it.</returns>
    public DropReason Admit(in PacketView packet, Gid source, Gid destination, ushort sourceLid = 0)
    {
        var drop = PacketAdmission.Check(
            packet, Scope.Context.Type, Scope.State, new AddressPair(source, destination, sourceLid), Scope.Settings.Addresses);
        return drop == DropReason.None ? CheckKeys(packet) : drop;
    }

    /// <summary>Takes an admitted response.</summary>
    /// <param name="packet">The packet; its payload is copied before this returns.</param>
    /// <param name="now">When it was received.</param>
    /// <param name="drop">Why it was not used, or <see cref="DropReason.None"/>.</param>
    public Work ReceiveResponse(in PacketView packet, Instant now, out DropReason drop)
    {
        var deadline = NextDeadline;
        Counters.ReceivedResponses++;
        Counters.ReceivedBytes += packet.PayloadLength;
        Sends.Holds.Advance(now, Counters);
        drop = TakeResponse(packet, now);
        return (HasRequestWork ? Work.SendDue : Work.None) | (NextDeadline < deadline ? Work.DeadlineChanged : Work.None);
    }

    /// <summary>Has the messages that are to come looked at before they come, where one can know of them. Only with an observer.</summary>
    public void AwaitMessages()
    {
        if (NextMessage is { } next && QueuePairReception.Requests(Scope.State)) Tracing.Await(next);
    }

    /// <summary>Takes an admitted request.</summary>
    /// <param name="packet">The packet; its payload is copied before this returns.</param>
    /// <param name="origin">How it came; looked at only when <see cref="WantsOrigin"/>.</param>
    /// <param name="now">When it was received.</param>
    /// <param name="drop">Why it was not executed, or <see cref="DropReason.None"/>.</param>
    public Work ReceiveRequest(in PacketView packet, in PacketOrigin origin, Instant now, out DropReason drop)
    {
        Counters.ReceivedRequests++;
        Counters.ReceivedBytes += packet.PayloadLength;
        Sends.Holds.Advance(now, Counters);
        if (Tracing.Observer is null) return TakeRequest(packet, origin, now, out drop);
        var sequence = SequenceOf(packet);
        var work = TakeRequest(packet, origin, now, out drop);
        if (drop != DropReason.None || !Tracing.IsQuietArrival(sequence))
            Tracing.RequestTaken(packet, sequence, Scope.IsReliable ? ExpectedPsn.Previous.Value : packet.Psn.Value, drop, now);
        return work;
    }

    /// <summary>
    /// Makes sure which packet is next, completing work requests of which nothing is sent. In ERR and SQE it completes what was posted.
    /// Only with <see cref="HasPathPerRequest"/>.
    /// </summary>
    /// <returns>Where the packet that <see cref="PollRequest"/> gives will go; null when nothing may be sent now.</returns>
    public virtual AddressVector? PrepareRequest() => Path;

    /// <summary>
    /// The back-end has taken request packets, or they were lost on the way to it. Only with <see cref="AwaitsHandover"/>.
    /// </summary>
    /// <param name="position">
    /// The value that <see cref="QueuePairCounters.SentRequests"/> had when the newest was built; all before it count too.
    /// </param>
    public virtual void HandOver(long position)
    {
    }

    /// <summary>Builds the next request packet. In ERR and SQE it completes what was posted meanwhile (R-CQ-19).</summary>
    /// <param name="packet">A writer with the room that <see cref="PacketWriter.SegmentsFor"/> tells.</param>
    /// <param name="now">When it is taken to be sent; look at <see cref="NextDeadline"/> after the last one of a run.</param>
    /// <returns>False when nothing may be sent now.</returns>
    public bool PollRequest(ref PacketWriter packet, Instant now)
    {
        Sends.Holds.Advance(now, Counters);
        if (TryBuildRequest(ref packet, now)) return Finish(ref packet);
        FlushPosted();
        return false;
    }

    /// <summary>Builds the next response packet that is owed.</summary>
    /// <param name="packet">A writer with the room that <see cref="PacketWriter.SegmentsFor"/> tells.</param>
    /// <param name="now">When it is taken to be sent.</param>
    /// <returns>False when nothing is owed.</returns>
    public bool PollResponse(ref PacketWriter packet, Instant now) => TryBuildResponse(ref packet, now) && Finish(ref packet);

    /// <summary>Serves the timers that are due.</summary>
    public Work HandleDeadline(Instant now)
    {
        Sends.Holds.Advance(now, Counters);
        ServeTimers(now);
        return Due | Work.DeadlineChanged;
    }

    /// <summary>Receives were posted to a queue pair that may be in ERR: they are flushed (R-CQ-19).</summary>
    public Work ReceivePosted(Instant now)
    {
        if (Scope.State == QueuePairState.Error) FlushReceives();
        return Work.None;
    }

    /// <summary>The number that the next message from the peer is to have; null where many peers send.</summary>
    private protected virtual uint? NextMessage => null;

    /// <summary>The number that both ends give to the message which a request begins.</summary>
    private protected virtual uint SequenceOf(in PacketView request) => request.Psn.Value;

    /// <summary>Steps 11 and 12: P_Key and Q_Key.</summary>
    private protected virtual DropReason CheckKeys(in PacketView packet) =>
        PacketAdmission.CheckPartition(packet, Scope.Settings.PartitionKey);

    private protected abstract bool TryBuildRequest(ref PacketWriter packet, Instant now);

    private protected virtual bool TryBuildResponse(ref PacketWriter packet, Instant now) => false;

    private protected abstract Work TakeRequest(in PacketView packet, in PacketOrigin origin, Instant now, out DropReason drop);

    private protected virtual DropReason TakeResponse(in PacketView packet, Instant now) => DropReason.BadOpcode;

    private protected virtual void ServeTimers(Instant now)
    {
    }

    // R-VERB-21: without path migration a native link says MIGRATED in every packet; on RoCE either value goes, and Soft-RoCE sends 0.
    private bool Finish(ref PacketWriter packet)
    {
        Counters.SentBytes += packet.PayloadLength;
        if (Scope.Options.LinkLayer == LinkLayer.InfiniBand) packet.MarkMigrated();
        return true;
    }
}
