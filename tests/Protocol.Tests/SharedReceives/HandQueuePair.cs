using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SharedReceives;

/// <summary>A whole machine in RTS: packets go in and come out by hand.</summary>
internal sealed unsafe class HandQueuePair : IQueuePairHost
{
    public const uint PeerNumber = 0x345678;
    public const uint FirstPsn = 0x100;
    public const int Mtu = 256;
    public const uint QueueKey = 0x1234;

    private readonly byte[] _header = new byte[PacketWriter.MaxHeaderLength];
    private readonly PayloadReference[] _segments = new PayloadReference[8];
    private readonly Instant _now = new(1000);

    public HandQueuePair(HandDevice device, QueuePairContext context, bool connect = true)
    {
        Context = context;
        context.Number = device.TakeNumber();
        Machine = QueuePairMachine.Create(context, device.Device.MemoryRegions, this, new QueuePairOptions { GidTableLength = 1 });
        if (connect) Connect();
    }

    public QueuePairContext Context { get; }

    public QueuePairMachine Machine { get; }

    public List<AsyncEventType> Events { get; } = [];

    public DropReason LastDrop { get; private set; }

    public Instant Now { get; set; } = new(1000);

    public void Connect(uint peer = PeerNumber)
    {
        var type = Context.Type;
        var isDatagram = type == QueuePairType.UnreliableDatagram;
        var responds = type is QueuePairType.ReliableConnection or QueuePairType.XrcTarget;
        var requests = type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator;
        Machine.Modify(new QueuePairAttributes
        {
            State = QueuePairState.Init, PkeyIndex = 0, Port = 1, Access = isDatagram ? null : HandDevice.All,
            Qkey = isDatagram ? QueueKey : null,
        }, _now);
        var path = new QueuePairAttributes
        {
            AddressVector = new AddressVector { DestinationGid = new Gid(2) }, PathMtu = PathMtu.Mtu256, DestinationQueuePair = peer,
            ReceivePsn = FirstPsn, MaxDestinationReadAtomic = responds ? 4 : null, MinRnrTimer = responds ? 12 : null,
        };
        Machine.Modify((isDatagram ? new QueuePairAttributes() : path) with { State = QueuePairState.ReadyToReceive }, _now);
        Machine.Modify(new QueuePairAttributes
        {
            State = QueuePairState.ReadyToSend, SendPsn = FirstPsn,
            Timeout = requests || type == QueuePairType.XrcTarget ? 14 : null, RetryCount = requests ? 3 : null,
            RnrRetry = requests ? 3 : null, MaxReadAtomic = requests ? 4 : null,
        }, _now);
    }

    public void Modify(QueuePairState state) => Machine.Modify(new QueuePairAttributes { State = state }, _now);

    public DropReason Receive(Request request)
    {
        Assert.Equal(DropReason.None, PacketView.TryParse(request.ToBytes(), out var view));
        LastDrop = Machine.Admit(view, new Gid(2), new Gid(1));
        if (LastDrop != DropReason.None) return LastDrop;
        Machine.ReceiveRequest(view, default, Now, out var drop);
        return LastDrop = drop;
    }

    public DropReason ReceiveResponse(byte[] bytes)
    {
        Assert.Equal(DropReason.None, PacketView.TryParse(bytes, out var view));
        Machine.ReceiveResponse(view, Now, out var drop);
        return drop;
    }

    /// <summary>Everything that is owed, in order.</summary>
    public List<Response> Responses()
    {
        var responses = new List<Response>();
        for (var writer = NewWriter(); Machine.PollResponse(ref writer, Now); writer = NewWriter()) responses.Add(Response.Read(writer));
        return responses;
    }

    /// <summary>Everything that is owed, as text: "ACK 5, NAK0 6".</summary>
    public string Answers() => string.Join(", ", Responses());

    /// <summary>Everything that is owed, with the bytes of the headers.</summary>
    public List<SentPacket> PollFrames()
    {
        var packets = new List<SentPacket>();
        for (var writer = NewWriter(); Machine.PollResponse(ref writer, Now); writer = NewWriter()) packets.Add(Read(writer));
        return packets;
    }

    /// <summary>The next request packet, or null.</summary>
    public SentPacket? Poll()
    {
        var writer = NewWriter();
        return Machine.PollRequest(ref writer, Now) ? Read(writer) : null;
    }

    public List<SentPacket> PollAll()
    {
        var packets = new List<SentPacket>();
        while (Poll() is { } packet) packets.Add(packet);
        return packets;
    }

    private static SentPacket Read(in PacketWriter writer)
    {
        Assert.True(writer.IsComplete);
        var header = writer.Header.ToArray();
        var payload = new List<byte>();
        foreach (var segment in writer.Segments) payload.AddRange(new ReadOnlySpan<byte>((void*)segment.Address, segment.Length));
        Assert.True(Bth.TryParse(header, out var bth));
        return new SentPacket(
            bth.Opcode, bth.Psn, bth.AckRequest, bth.Solicited, header, [.. payload], writer.SegmentCount, writer.PadCount);
    }

    public void Post(SendWorkRequest request)
    {
        var length = WorkRequestCheck.Send(Context, request, request.List);
        Assert.True(Context.SendRing.TryReserve(out var index));
        SendWqeFill.Fill(Context.SendRing, index, request, length, request.List, request.InlineData.Span);
        Context.SendRing.Publish(index);
    }

    public void Raise(AsyncEventType type) => Events.Add(type);

    public Gid? FindGid(int port, int index) => new Gid(1);

    public ushort FindPkey(int port, int index) => 0xFFFF;

    private PacketWriter NewWriter() => new(_header, _segments);
}
