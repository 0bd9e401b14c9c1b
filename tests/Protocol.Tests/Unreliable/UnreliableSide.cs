using System.Runtime.InteropServices;
using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>
/// A whole machine of a service without acknowledgements: work requests, packets and handovers in, packets and completions out.
/// </summary>
internal sealed unsafe class UnreliableSide : IQueuePairHost
{
    public const uint Number = 0x21;
    public const uint PeerNumber = 0x345678;
    public const uint Domain = 7;
    public const uint QueueKey = 0x1111_1111;
    public const uint FirstPsn = 100;
    public const int Mtu = 256;
    public const int RegionLength = 64 * 1024;

    private readonly byte[] _memory = GC.AllocateArray<byte>(2 * RegionLength, pinned: true);
    private readonly byte[] _header = new byte[PacketWriter.MaxHeaderLength];
    private readonly PayloadReference[] _segments = new PayloadReference[32];

    public UnreliableSide(
        QueuePairType type = QueuePairType.UnreliableConnection, uint number = Number, uint expected = FirstPsn,
        AccessFlags access = AccessFlags.RemoteWrite, QueuePairState upTo = QueuePairState.ReadyToSend, bool signalAll = true,
        int completions = 1024, PathMtu mtu = PathMtu.Mtu256, int window = 512 * 1024)
    {
        SendCq = Device.CreateCompletionQueue(completions);
        ReceiveCq = Device.CreateCompletionQueue(completions);
        Context = new QueuePairContext
        {
            Number = number, Type = type, SignalAll = signalAll, ProtectionDomain = Domain, Caps = new QueuePairCapabilities(),
            SendCq = SendCq, ReceiveCq = ReceiveCq,
            SendRing = new SendQueueRing(512, 8, 128), ReceiveRing = new ReceiveQueueRing(64, 4),
        };
        for (var i = 0; i < RegionLength; i++) _memory[i] = SendSide.Pattern(i);
        SourceKey = Regions.Add(Domain, SourceAddress, RegionLength, (nint)SourceAddress, AccessFlags.None);
        SinkKey = Regions.Add(Domain, SinkAddress, RegionLength, (nint)SinkAddress, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        Machine = QueuePairMachine.Create(Context, Regions, this, QueuePairOptions.Default with
        {
            GidTableLength = 1, PartitionKeyTableLength = PartitionKeys.Length, ActiveMtuBytes = Math.Max(1024, mtu.ToBytes()),
            RequestWindowBytes = window,
        });
        Walk(expected, access, upTo, mtu);
    }

    public RdmaDevice Device { get; } = new(new IdleProvider());

    public CompletionQueue SendCq { get; }

    public CompletionQueue ReceiveCq { get; }

    public QueuePairContext Context { get; }

    public MemoryRegionTable Regions => Device.MemoryRegions;

    public QueuePairMachine Machine { get; }

    public List<AsyncEventType> Events { get; } = [];

    public ushort[] PartitionKeys { get; } = [0xFFFF, 0x8001, 0x0002];

    public uint SourceKey { get; }

    public uint SinkKey { get; }

    public ulong SourceAddress => (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);

    public ulong SinkAddress => SourceAddress + RegionLength;

    public Span<byte> Sink => _memory.AsSpan(RegionLength);

    public static AddressVector Vector { get; } = new() { DestinationGid = new Gid(2) };

    public void Modify(QueuePairState state) => Machine.Modify(new QueuePairAttributes { State = state }, default);

    public void Post(ulong id, SendOpcode opcode = SendOpcode.Send, int length = 8, SendFlags flags = SendFlags.None, uint? key = null,
        Func<SendWqe, SendWqe>? change = null)
    {
        Assert.True(Context.SendRing.TryReserve(out var index));
        Context.SendRing.Entries(index)[0] = new ScatterGatherEntry(SourceAddress, (uint)length, key ?? SourceKey);
        var request = new SendWqe
        {
            WorkRequestId = id, Opcode = opcode, Flags = flags, RemoteAddress = 0x5000, RemoteKey = 0x99, Immediate = 0xAABBCCDD,
            EntryCount = 1, Length = (uint)length, Destination = new DatagramDestination(Vector, Domain),
            RemoteQueuePair = PeerNumber, RemoteQueueKey = 0x2222,
        };
        Context.SendRing.Slot(index) = change?.Invoke(request) ?? request;
        Context.SendRing.Publish(index);
    }

    /// <summary>Posts a receive of one entry at the start of the sink.</summary>
    public void PostReceive(ulong id, int length) => PostReceive(id, new ScatterGatherEntry(SinkAddress, (uint)length, SinkKey));

    public void PostReceive(ulong id, params ScatterGatherEntry[] entries)
    {
        Assert.True(Context.ReceiveRing.TryReserve(out var index));
        entries.CopyTo(Context.ReceiveRing.Entries(index));
        Context.ReceiveRing.Slot(index) = new ReceiveWqe
        {
            WorkRequestId = id, EntryCount = entries.Length, Length = (uint)entries.Sum(e => e.Length),
        };
        Context.ReceiveRing.Publish(index);
    }

    public SentPacket? Poll()
    {
        if (Machine.HasPathPerRequest && Machine.PrepareRequest() is null) return null;
        var writer = new PacketWriter(_header, _segments);
        if (!Machine.PollRequest(ref writer, default)) return null;
        Assert.True(writer.IsComplete);
        var header = writer.Header.ToArray();
        var payload = new List<byte>();
        foreach (var segment in writer.Segments) payload.AddRange(new ReadOnlySpan<byte>((void*)segment.Address, segment.Length));
        Assert.True(Bth.TryParse(header, out var bth));
        return new SentPacket(
            bth.Opcode, bth.Psn, bth.AckRequest, bth.Solicited, header, [.. payload], writer.SegmentCount, writer.PadCount);
    }

    public List<SentPacket> PollAll()
    {
        var packets = new List<SentPacket>();
        while (Poll() is { } packet)
        {
            packets.Add(packet);
            Assert.InRange(packets.Count, 0, ReceiveSide.MostPackets);
        }

        return packets;
    }

    /// <summary>Everything that may be sent now, as text: "SendFirst 100, SendLast 101".</summary>
    public string Sent() => string.Join(", ", PollAll());

    /// <summary>The back-end takes everything that was built, but for the newest packets.</summary>
    public void HandOver(int allBut = 0) => Machine.HandOver(Machine.Counters.SentRequests - allBut);

    public DropReason Receive(Request request, ReadOnlySpan<byte> routeHeader = default) =>
        Receive((request with { DestinationQueuePair = Context.Number }).ToBytes(), routeHeader);

    public DropReason Receive(byte[] bytes, ReadOnlySpan<byte> routeHeader = default)
    {
        Assert.Equal(DropReason.None, PacketView.TryParse(bytes, out var view));
        var origin = new PacketOrigin { RouteHeader = routeHeader, SourceLid = 3, ServiceLevel = 4, DestinationPathBits = 1 };
        Assert.Equal(Work.None, Machine.ReceiveRequest(view, origin, default, out var drop));
        Assert.False(Machine.HasResponseWork);
        return drop;
    }

    public DropReason Admit(Request request)
    {
        Assert.Equal(DropReason.None, PacketView.TryParse(request.ToBytes(), out var view));
        return Machine.Admit(view, new Gid(2), new Gid(1));
    }

    /// <summary>A request that writes to the start of the sink.</summary>
    public Request Write(Opcode opcode, uint psn, int payload, uint length) => new(opcode, psn)
    {
        Address = SinkAddress, Key = SinkKey, Length = length, Payload = ReceiveSide.Pattern(payload, (int)psn), Immediate = 7,
    };

    public static Request Send(Opcode opcode, uint psn, int payload) =>
        new(opcode, psn) { Payload = ReceiveSide.Pattern(payload, (int)psn), Immediate = 7 };

    /// <summary>All send completions, as text: "1 Success, 2 WorkRequestFlushedError".</summary>
    public string Completed() => string.Join(", ", Take(SendCq).Select(c => $"{c.WorkRequestId} {c.Status}"));

    /// <summary>All receive completions, as text: "1 Success 8".</summary>
    public string Received() => string.Join(", ", Take(ReceiveCq).Select(c => $"{c.WorkRequestId} {c.Status} {c.ByteLength}"));

    public static List<WorkCompletion> Take(CompletionQueue queue)
    {
        var completions = new WorkCompletion[queue.Count];
        if (completions.Length != 0) queue.Poll(completions);
        return [.. completions];
    }

    public void Raise(AsyncEventType type) => Events.Add(type);

    public Gid? FindGid(int port, int index) => new Gid(1);

    public ushort FindPkey(int port, int index) => PartitionKeys[index];

    public int MatchPkey(int port, ushort received) => Array.FindIndex(PartitionKeys, key => Protocol.PartitionKeys.Match(key, received));

    /// <summary>From RESET on.</summary>
    public void Walk(uint expected = FirstPsn, AccessFlags access = AccessFlags.RemoteWrite,
        QueuePairState upTo = QueuePairState.ReadyToSend, PathMtu mtu = PathMtu.Mtu256)
    {
        var type = Context.Type;
        var connected = type == QueuePairType.UnreliableConnection;
        foreach (var step in (QueuePairAttributes[])
        [
            new() { State = QueuePairState.Init, PkeyIndex = 0, Port = type is QueuePairType.Gsi or QueuePairType.Smi ? null : 1,
                Access = connected ? access : null, Qkey = connected ? null : QueueKey },
            new() { State = QueuePairState.ReadyToReceive, AddressVector = connected ? Vector : null, PathMtu = connected ? mtu : null,
                DestinationQueuePair = connected ? PeerNumber : null, ReceivePsn = connected ? expected : null },
            new() { State = QueuePairState.ReadyToSend, SendPsn = FirstPsn },
        ])
        {
            if (step.State <= upTo) Machine.Modify(step, default);
        }
    }
}
