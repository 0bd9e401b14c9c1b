using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// One host of a conversation with our queue pairs in the place of Soft-RoCE's: it gets what the host got, at the times of the capture,
/// and what it sends is compared with what the host sent.
/// </summary>
internal sealed class ReplayNode
{
    private readonly Conversation _conversation;
    private readonly ReplayTally _tally;
    private readonly RemoteMemory _memory;
    private readonly ReceiveReplay _receives;
    private readonly Dictionary<EndKey, Parts> _ends = [];

    public ReplayNode(Conversation conversation, Gid host, QueuePairOptions options, ReplayTally tally)
    {
        (_conversation, Host, Options, _tally) = (conversation, host, options, tally);
        var domain = Device.CreateProtectionDomain();
        Domain = domain.Handle;
        if (Setup.SharedReceives) SharedReceives = domain.CreateSharedReceiveQueue(new() { MaxEntries = 1 });
        var records = conversation.Ends(host).Select(key => new EndRecord(conversation, host, key)).ToList();
        _memory = new RemoteMemory(Setup, records);
        foreach (var record in records)
        {
            var end = new ReplayEnd(this, record);
            _ends.Add(record.Key, new Parts(end, new RequestReplay(end, Setup, tally), new ResponseReplay(end, tally)));
        }

        foreach (var frame in Events().Where(frame => frame.Traits.IsResponse == (frame.Source == host)))
            _memory.Note(EndOf(frame).End.Record, frame);
        _memory.Register(Table, Domain, _ends.Values.FirstOrDefault()?.End.Context);
        _receives = new ReceiveReplay(this, tally);
        foreach (var parts in _ends.Values) parts.End.Connect();
    }

    public Gid Host { get; }

    public QueuePairOptions Options { get; }

    public ReplaySetup Setup => _conversation.Setup;

    public RdmaDevice Device { get; } = new(new IdleProvider());

    public uint Domain { get; }

    /// <summary>Keys of regions from index 1 on, those of windows from 0x80001 on, as in Soft-RoCE.</summary>
    public MemoryRegionTable Table { get; } = new(1 << 19, () => uint.MaxValue, maxWindows: 16);

    public SharedReceiveQueue? SharedReceives { get; }

    public void Run()
    {
        foreach (var frame in Events())
        {
            foreach (var parts in _ends.Values) parts.Requests.Advance(frame);
            var end = EndOf(frame);
            if (frame.Source != Host) Arrive(end, frame);
            else if (frame.Traits.IsResponse) end.Responses.Expect(frame);
            else end.Requests.Expect(frame);
            foreach (var lost in Setup.Unrecorded.Where(lost => lost.Behind == frame.Number)) ExpectUnrecorded(end, lost);
        }

        foreach (var parts in _ends.Values)
        {
            _receives.Finish(parts.End.Record);
            parts.Responses.Finish();
            parts.Requests.Finish(_conversation.Frames[^1].Number);
        }

        foreach (var region in _memory.Regions) Assert.True(region.Actual.SequenceEqual(region.Expected), $"Memory 0x{region.Key:x}");
    }

    private void Arrive(Parts parts, CapturedFrame frame)
    {
        var drop = parts.End.Admit(frame);
        Assert.Equal(Setup.Refused.Contains(frame.Number) ? DropReason.BadQkey : DropReason.None, drop);
        if (drop != DropReason.None) return;
        if (frame.Traits.IsResponse)
        {
            parts.Requests.Arrive(frame);
            return;
        }

        if (Setup.OwnersWrite) _memory.Rewrite(parts.End.Record, frame);
        _receives.PostFor(parts.End, frame);
        parts.End.Receive(frame, parts.Requests.Now);
        _receives.Check(parts.End, frame);
        var tellsCredits = !Options.AdvertiseUnlimitedCredits && SharedReceives is null;
        parts.Responses.Collect(frame.Number, parts.Requests.Now, tellsCredits ? _receives.CountPosted(parts.End) : null);
    }

    private void ExpectUnrecorded(Parts parts, UnrecordedPacket lost)
    {
        var isResponse = OpcodeTraits.Of(lost.Opcode).IsResponse;
        var messages = isResponse ? parts.End.Record.PeerMessages : parts.End.Record.Messages;
        if (!messages.Any(message => message.Holds(new Psn(lost.Psn)))) return;
        _tally.Unrecorded++;
        if (isResponse) parts.Responses.ExpectUnrecorded(lost);
        else parts.Requests.ExpectUnrecorded(lost);
    }

    /// <summary>What this host sent and saw, in the order in which it did so.</summary>
    private IEnumerable<CapturedFrame> Events()
    {
        foreach (var frame in _conversation.Frames)
        {
            var isOwn = frame.Source == Host;
            if (!isOwn && (Setup.Dropped.Contains(frame.Number) || Setup.Delayed.Any(delayed => delayed.Frame == frame.Number))) continue;
            if (!isOwn || !_conversation.Copies.Contains(frame.Number)) yield return frame;
            foreach (var delayed in Setup.Delayed.Where(delayed => isOwn && delayed.Behind == frame.Number))
                yield return _conversation.Frames.Single(other => other.Number == delayed.Frame);
        }
    }

    private Parts EndOf(CapturedFrame frame) => _ends[EndKey.Of(frame, Host)];

    private sealed record Parts(ReplayEnd End, RequestReplay Requests, ResponseReplay Responses);
}
