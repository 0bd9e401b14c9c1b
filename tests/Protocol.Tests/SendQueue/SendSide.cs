using System.Runtime.InteropServices;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>
/// A whole machine in RTS, of which only the send side is driven: work requests and hand-made responses in, packets and completions out.
/// </summary>
internal sealed unsafe class SendSide : IQueuePairHost
{
    public const uint Number = 0x21;
    public const uint PeerNumber = 0x345678;
    public const uint Domain = 7;
    public const uint RemoteKey = 0x1122;
    public const ulong RemoteAddress = 0x5000_0000;
    public const int Mtu = 256;
    public const int SourceLength = 64 * 1024;
    public const long Second = 1_000_000_000;

    private readonly byte[] _memory = GC.AllocateArray<byte>(2 * SourceLength, pinned: true);
    private readonly byte[] _header = new byte[PacketWriter.MaxHeaderLength];
    private readonly PayloadReference[] _segments = new PayloadReference[32];
    private readonly WorkCompletion[] _polled = new WorkCompletion[1];

    public SendSide(uint psn = 100, int depth = 4, int timeout = 14, int retries = 3, int rnrRetries = 3, QueuePairOptions? options = null,
        int capacity = 256, bool signalAll = true, int completions = 4096, bool start = true, bool withMemory = true)
    {
        Device = new RdmaDevice(new IdleProvider());
        Cq = Device.CreateCompletionQueue(completions);
        Context = new QueuePairContext
        {
            Number = Number, Type = QueuePairType.ReliableConnection, SignalAll = signalAll, ProtectionDomain = Domain,
            Caps = new QueuePairCapabilities { MaxSendWorkRequests = capacity, MaxSendEntries = 32 },
            SendCq = Cq, ReceiveCq = Cq, SendRing = new SendQueueRing(capacity, 32, 512), ReceiveRing = new ReceiveQueueRing(8, 4),
        };
        for (var i = 0; i < SourceLength; i++) _memory[i] = Pattern(i);
        if (withMemory) SourceKey = Regions.Add(Domain, SourceAddress, SourceLength, (nint)SourceAddress, AccessFlags.None);
        SinkKey = Regions.Add(Domain, SinkAddress, SourceLength, (nint)SinkAddress, AccessFlags.LocalWrite);
        Machine = QueuePairMachine.Create(Context, Regions, this, (options ?? QueuePairOptions.Default) with { GidTableLength = 1 });
        if (start) Connect(psn, depth, timeout, retries, rnrRetries);
        // Most rules have nothing to do with credits: as the first answer of a peer without limit.
        if (start) UnlimitCredits();
    }

    public RdmaDevice Device { get; }

    public CompletionQueue Cq { get; }

    public QueuePairContext Context { get; }

    public MemoryRegionTable Regions => Device.MemoryRegions;

    public QueuePairMachine Machine { get; }

    public List<AsyncEventType> Events { get; } = [];

    public List<long> RoundTrips { get; } = [];

    public List<(SendOpcode, WorkCompletionStatus, long)> Ended { get; } = [];

    public ushort PartitionKey { get; set; } = 0xFFFF;

    public Action MemoryReleased { get; set; } = () => { };

    public Instant Now { get; set; } = new(1000);

    public Work LastWork { get; private set; }

    public uint SourceKey { get; set; }

    public uint SinkKey { get; }

    public ulong SourceAddress => (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);

    public ulong SinkAddress => SourceAddress + SourceLength;

    public Span<byte> Sink => _memory.AsSpan(SourceLength);

    void IQueuePairHost.RoundTripMeasured(long nanoseconds) => RoundTrips.Add(nanoseconds);

    void IQueuePairHost.WorkRequestEnded(SendOpcode opcode, WorkCompletionStatus status, long postedAt) =>
        Ended.Add((opcode, status, postedAt));

    public static byte Pattern(int i) => (byte)((i * 31) + (i >> 8));

    public static byte[] Bytes(int offset, int length) => [.. Enumerable.Range(offset, length).Select(Pattern)];

    public void Connect(uint psn, int depth, int timeout, int retries, int rnrRetries, PathMtu mtu = PathMtu.Mtu256)
    {
        Machine.Modify(
            new QueuePairAttributes { State = QueuePairState.Init, PkeyIndex = 0, Port = 1, Access = AccessFlags.RemoteWrite }, Now);
        Machine.Modify(new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive, AddressVector = new AddressVector { DestinationGid = new Gid(2) }, PathMtu = mtu,
            DestinationQueuePair = PeerNumber, ReceivePsn = 500, MaxDestinationReadAtomic = 4, MinRnrTimer = 12,
        }, Now);
        Machine.Modify(new QueuePairAttributes
        {
            State = QueuePairState.ReadyToSend, SendPsn = psn, Timeout = timeout, RetryCount = retries, RnrRetry = rnrRetries,
            MaxReadAtomic = depth,
        }, Now);
    }

    /// <summary>The newest ACK again, with unlimited credits: it acknowledges nothing (R-REQ-16).</summary>
    public void UnlimitCredits() => Ack(new Psn(Machine.Query().SendPsn!.Value).Previous.Value);

    public void Post(ulong id, SendOpcode opcode, int length = 8, SendFlags flags = SendFlags.None, ulong compareAdd = 0, ulong swap = 0) =>
        Post(id, opcode, flags, compareAdd, swap, Local(opcode, 0, (uint)length));

    public void Post(ulong id, SendOpcode opcode, SendFlags flags, params ScatterGatherEntry[] entries) =>
        Post(id, opcode, flags, 0, 0, entries);

    /// <summary>Posts a work request as it is; its memory, if any, is inline.</summary>
    public void Post(in SendWqe wqe, params byte[] inline)
    {
        Assert.True(Context.SendRing.TryReserve(out var index));
        inline.CopyTo(Context.SendRing.Inline(index));
        Context.SendRing.Slot(index) = wqe with { Length = (uint)inline.Length, IsInline = inline.Length != 0 };
        Context.SendRing.Publish(index);
    }

    public void PostInline(ulong id, SendOpcode opcode, byte[] data)
    {
        Assert.True(Context.SendRing.TryReserve(out var index));
        data.CopyTo(Context.SendRing.Inline(index));
        Context.SendRing.Slot(index) = NewWqe(id, opcode) with { Length = (uint)data.Length, IsInline = true };
        Context.SendRing.Publish(index);
    }

    public void PostReceive(ulong id)
    {
        Assert.True(Context.ReceiveRing.TryReserve(out var index));
        Context.ReceiveRing.Slot(index) = new ReceiveWqe { WorkRequestId = id };
        Context.ReceiveRing.Publish(index);
    }

    public ScatterGatherEntry Source(int offset, int length) => new(SourceAddress + (ulong)offset, (uint)length, SourceKey);

    public ScatterGatherEntry SinkEntry(int offset, int length) => new(SinkAddress + (ulong)offset, (uint)length, SinkKey);

    public SentPacket? Poll()
    {
        var writer = new PacketWriter(_header, _segments);
        if (!Machine.PollRequest(ref writer, Now)) return null;
        Assert.True(writer.IsComplete);
        var header = writer.Header.ToArray();
        var payload = new List<byte>();
        foreach (var segment in writer.Segments) payload.AddRange(new ReadOnlySpan<byte>((void*)segment.Address, segment.Length));
        Assert.True(Bth.TryParse(header, out var bth));
        return new SentPacket(
            bth.Opcode, bth.Psn, bth.AckRequest, bth.Solicited, header, [.. payload], writer.SegmentCount, writer.PadCount);
    }

    /// <summary>Everything that may be sent now.</summary>
    public List<SentPacket> PollAll()
    {
        var packets = new List<SentPacket>();
        while (Machine.HasRequestWork && Poll() is { } packet)
        {
            packets.Add(packet);
            Assert.InRange(packets.Count, 0, ReceiveSide.MostPackets);
        }

        Assert.Null(Poll());
        return packets;
    }

    /// <summary>Everything that may be sent now, as text: "SendFirst 100, SendLast 101!".</summary>
    public string Sent() => string.Join(", ", PollAll());

    public DropReason Ack(uint psn, byte credits = Aeth.UnlimitedCredit, uint msn = 0) => Acknowledge(psn, Aeth.Ack(credits, msn));

    public DropReason Rnr(uint psn, byte timer = 1) => Acknowledge(psn, Aeth.RnrNak(timer, 0));

    public DropReason Nak(uint psn, NakCode code) => Acknowledge(psn, Aeth.Nak(code, 0));

    public DropReason Acknowledge(uint psn, Aeth aeth) => Receive(Response(Opcode.RcAcknowledge, psn, [], aeth));

    public DropReason AtomicAck(uint psn, ulong original) =>
        Receive(Response(Opcode.RcAtomicAcknowledge, psn, [], Aeth.Ack(Aeth.UnlimitedCredit, 0), original));

    public DropReason ReadResponse(Opcode opcode, uint psn, byte[] payload, Aeth? aeth = null) =>
        Receive(Response(opcode, psn, payload, aeth ?? Aeth.Ack(Aeth.UnlimitedCredit, 0)));

    public DropReason Receive(byte[] bytes)
    {
        Assert.Equal(DropReason.None, PacketView.TryParse(bytes, out var view));
        LastWork = Machine.ReceiveResponse(view, Now, out var drop);
        return drop;
    }

    public static byte[] Response(Opcode opcode, uint psn, byte[] payload, Aeth aeth, ulong original = 0)
    {
        var traits = OpcodeTraits.Of(opcode);
        var pad = -payload.Length & 3;
        var bytes = new byte[traits.HeaderLength + payload.Length + pad + PacketView.IcrcLength];
        var bth = new Bth
        {
            Opcode = opcode, Psn = psn & 0xFFFFFF, PartitionKey = 0xFFFF, DestinationQueuePair = Number, PadCount = (byte)pad,
        };
        bth.Write(bytes);
        if (traits.Has(HeaderLayout.Aeth)) aeth.Write(bytes.AsSpan(traits.OffsetOf(HeaderLayout.Aeth)));
        if (traits.Has(HeaderLayout.AtomicAckEth))
            new AtomicAckEth(original).Write(bytes.AsSpan(traits.OffsetOf(HeaderLayout.AtomicAckEth)));
        payload.CopyTo(bytes, traits.HeaderLength);
        return bytes;
    }

    /// <summary>Goes to the machine's next deadline and serves it.</summary>
    /// <returns>Nanoseconds that passed.</returns>
    public long AwaitDeadline()
    {
        var before = Now;
        Assert.NotEqual(Instant.Never, Machine.NextDeadline);
        Now = Machine.NextDeadline;
        Machine.HandleDeadline(Now);
        return Now.Nanoseconds - before.Nanoseconds;
    }

    public List<WorkCompletion> PollCompletions()
    {
        var completions = new List<WorkCompletion>();
        while (Cq.Poll(_polled) == 1) completions.Add(_polled[0]);
        return completions;
    }

    /// <summary>All completions, as text: "1 Success, 2 WorkRequestFlushedError".</summary>
    public string Completed() => string.Join(", ", PollCompletions().Select(c => $"{c.WorkRequestId} {c.Status}"));

    public void Raise(AsyncEventType type) => Events.Add(type);

    public void ReleaseMemory() => MemoryReleased();

    public Gid? FindGid(int port, int index) => new Gid(1);

    public ushort FindPkey(int port, int index) => PartitionKey;

    private ScatterGatherEntry Local(SendOpcode opcode, int offset, uint length) =>
        opcode is SendOpcode.RdmaRead or SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd
            ? new(SinkAddress + (ulong)offset, length, SinkKey) : new(SourceAddress + (ulong)offset, length, SourceKey);

    private void Post(ulong id, SendOpcode opcode, SendFlags flags, ulong compareAdd, ulong swap, params ScatterGatherEntry[] entries)
    {
        Assert.True(Context.SendRing.TryReserve(out var index));
        entries.CopyTo(Context.SendRing.Entries(index));
        Context.SendRing.Slot(index) = NewWqe(id, opcode) with
        {
            Flags = flags, CompareAdd = compareAdd, Swap = swap, EntryCount = entries.Length,
            Length = (uint)entries.Sum(e => (long)e.Length),
        };
        Context.SendRing.Publish(index);
    }

    private static SendWqe NewWqe(ulong id, SendOpcode opcode) => new()
    {
        WorkRequestId = id, Opcode = opcode, RemoteAddress = RemoteAddress, RemoteKey = RemoteKey,
        Immediate = 0xAABBCCDD, InvalidateKey = 0x99,
    };
}
