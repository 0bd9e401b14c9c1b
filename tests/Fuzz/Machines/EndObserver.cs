using System.Runtime.CompilerServices;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>
/// Listens to what becomes of the messages of one queue pair, and judges it: what it is told belongs to a message that is under way, comes
/// in an order that can be, and is what leaves on the wire; each message that it wants to know of ends once.
/// </summary>
/// <param name="machine">The queue pair's machine.</param>
/// <param name="context">The queue pair.</param>
/// <param name="settings">Which messages it is told of.</param>
internal sealed partial class EndObserver(QueuePairMachine machine, QueuePairContext context, TraceSettings settings) : IQueuePairObserver
{
    private const uint MostMessageBytes = 1 << 24;

    private readonly Dictionary<long, TracedSend> _sends = [];
    private readonly long[] _repeats = new long[(int)RetransmitReason.ImpliedNak + 1];
    private readonly long[] _naks = new long[NakIndex.Count];
    private long _failures;
    private long _lastStarted = -1;
    private (uint Psn, bool IsTold) _request;

    // It has listened from the first message on: all counts are those of the machine.
    private bool _isWhole;

    private SendQueueRing Ring => context.SendRing;

    /// <summary>Listens, or does no longer.</summary>
    /// <param name="listens">Which of the two.</param>
    /// <param name="isFirst">Nothing has been sent yet.</param>
    public void Listen(bool listens, bool isFirst = false)
    {
        machine.Tracing.Pace = new SamplePace(settings.OneIn, limit: 0);
        machine.Tracing.Leave();
        machine.Tracing.Restart();
        if (listens) machine.Tracing.Observer = this;
        _isWhole = isFirst && listens;
        (_request, _response, _reception) = (default, default, Reception.None);
    }

    /// <summary>The queue pair was reset: what was under way is never heard of again.</summary>
    public void Restart()
    {
        _sends.Clear();
        _lastStarted = Ring.Retired - 1;
        (_request, _response, _reception) = (default, default, Reception.None);
        machine.Tracing.AwaitsAnswer = false;
    }

    public bool SendStarted(in SendStart start)
    {
        Require(IsUnderWay(start.Index) && start.Index > _lastStarted, $"work request {start.Index} starts out of turn");
        Require(IsSampled(context.Number, start.Destination, start.Sequence), $"work request {start.Index} is traced and not chosen");
        Require(Ring.Slot(start.Index).Opcode == start.Request, $"work request {start.Index} is no {start.Request}");
        _lastStarted = start.Index;
        if (!settings.Wants(start.Index)) return false;
        _sends[start.Index] = new TracedSend(start, start.First);
        return true;
    }

    public void PrefixBegun(long request, Span<byte> prefix)
    {
        Require(settings.UsesPrefix && _sends.ContainsKey(request), $"work request {request} has no prefix to fill in");
        Require(prefix.Length == TracePrefix.Length && !TracePrefix.IsMarked(prefix), $"the prefix of work request {request} is not new");
        prefix[(TracePrefix.Length / 2)..].Fill((byte)request);
        if (settings.MarksPrefix) TracePrefix.Mark(prefix);
    }

    public void PacketBuilt(long request, uint psn)
    {
        Require(_sends.TryGetValue(request, out var send), $"a packet of work request {request} is told of, which is not traced");
        // A READ is one packet, whatever PSNs its answers take.
        Require(psn == send.Next, $"packet {psn} of work request {request} is built, {send.Next} is next");
        _sends[request] = send with { Next = (psn + 1) & UInt24.Max };
        _request = (psn, true);
    }

    public void PacketRepeated(long request, uint psn, RetransmitReason reason, Instant now)
    {
        Require(IsUnderWay(request), $"a packet of work request {request} is sent again");
        Require(Enum.IsDefined(reason), $"packet {psn} is sent again for reason {reason}");
        _repeats[(int)reason]++;
        _request = (psn, true);
    }

    public void DataPlaced(long request) =>
        Require(_sends.TryGetValue(request, out var send) && IsRead(send.Start.Request), $"data of work request {request} have come");

    public void NakReceived(long request, uint psn, NakCode code, Instant now)
    {
        Require(IsUnderWay(request), $"a NAK for work request {request}");
        _naks[NakIndex.Of(code)]++;
    }

    public void ReceiverAwaited(long request, uint psn, long nanoseconds, Instant now)
    {
        Require(IsUnderWay(request) && nanoseconds > 0, $"a wait of {nanoseconds} ns for work request {request}");
        _naks[NakIndex.ReceiverNotReady]++;
    }

    public void SendEnded(in SendEnd end)
    {
        var (index, failed) = (end.Start.Index, end.Status != WorkCompletionStatus.Success);
        Require(index == Ring.Retired, $"work request {index} ends before {Ring.Retired}");
        Require(end.WorkRequestId == Ring.Slot(index).WorkRequestId, $"work request {index} ends with the id of another");
        Require(failed || end.IsTraced, $"work request {index} ends well and is not traced");
        if (failed) _failures++;
        var isKnown = _sends.Remove(index, out var send);
        if (!_isWhole) return;
        Require(isKnown == end.IsTraced, $"work request {index} is traced: {isKnown}, and ends as if: {end.IsTraced}");
        if (isKnown) Require(send.Start with { Sequence = 0 } == end.Start, $"work request {index} was {send.Start} and is {end.Start}");
    }

    /// <summary>A packet of the queue pair leaves: what the observer was told of it must be true.</summary>
    public void Left(ReadOnlySpan<byte> transport)
    {
        if (machine.Tracing.Observer is null) return;
        var (traits, psn) = (OpcodeTraits.Of((Opcode)transport[0]), UInt24.Read(transport[9..]));
        if (!traits.IsRequest)
        {
            AnswerLeft(transport, traits, psn);
            return;
        }

        var (told, isTold) = _request;
        _request = default;
        if (isTold) Require(told == psn, $"packet {told} was told of, {psn} leaves");
        else if (_isWhole)
            Require(_sends.Values.All(send => send.Next != psn || send.IsWhole), $"packet {psn} of a traced message leaves untold");
    }

    /// <summary>In the end: what it was told of is what was counted, and everything has ended.</summary>
    public void Check()
    {
        if (!_isWhole || machine.Tracing.Observer is null) return;
        if (_sends.Count != 0) throw new FuzzFailureException($"the observer never hears of the end of {_sends.Count} sends");
        var counters = machine.Counters;
        DepartureCounts.Compare("failed sends", counters.SendErrors, _failures);
        for (var reason = 0; reason < _repeats.Length; reason++)
            DepartureCounts.Compare($"packets sent again for reason {reason}", counters.Retransmissions[reason], _repeats[reason]);
        for (var code = NakIndex.ReceiverNotReady + 1; code < _naks.Length; code++)
            DepartureCounts.Compare($"NAKs received of kind {code}", counters.NaksReceived[code], _naks[code]);
        // One that comes again during the wait for the receiver changes nothing and is counted.
        var (waits, counted) = (_naks[NakIndex.ReceiverNotReady], counters.ReceivedRnr);
        if (waits > counted) throw new FuzzFailureException($"waits for the receiver: {counted} were counted, {waits} were told of");
    }

    private static bool IsRead(SendOpcode opcode) => opcode is SendOpcode.RdmaRead or SendOpcode.RdmaReadWithInvalidate
        or SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd or SendOpcode.AtomicWrite or SendOpcode.Flush;

    private static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref WrongWhen otherwise)
    {
        if (!holds) throw new FuzzFailureException($"the observer is told wrong: {otherwise.ToStringAndClear()}");
    }

    private bool IsSampled(uint source, uint destination, uint sequence) =>
        MessageSampler.Takes(MessageSampler.Connection(source, destination), sequence, machine.Tracing.Pace.Threshold);

    private bool IsUnderWay(long index) => index >= Ring.Retired && index < Ring.Tail;

    private readonly record struct TracedSend(SendStart Start, uint Next)
    {
        /// <summary>Its last packet was built; of a READ its only one.</summary>
        public bool IsWhole => IsRead(Start.Request) ? Next != Start.First : Next == ((Start.Last + 1) & UInt24.Max);
    }
}
