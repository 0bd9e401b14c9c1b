using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>One queue pair of ours in the place of one of Soft-RoCE's: a whole machine in RTS with the same attributes.</summary>
internal sealed unsafe class ReplayEnd : IQueuePairHost
{
    private const int Ring = 256;

    private readonly ReplayNode _node;
    private readonly byte[] _header = new byte[PacketWriter.MaxHeaderLength];
    private readonly PayloadReference[] _segments = new PayloadReference[PacketWriter.SegmentsFor(1)];
    private LocalMemory _memory = null!;
    private readonly WorkCompletion[] _polled = new WorkCompletion[1];

    public ReplayEnd(ReplayNode node, EndRecord record)
    {
        (_node, Record) = (node, record);
        SendCq = node.Device.CreateCompletionQueue(Ring);
        ReceiveCq = node.Device.CreateCompletionQueue(Ring);
        Context = new QueuePairContext
        {
            Number = record.Number, Type = record.Type, SignalAll = true, ProtectionDomain = node.Domain, Caps = new(),
            SendCq = SendCq, ReceiveCq = ReceiveCq, SendRing = new SendQueueRing(Ring, 1, 0), ReceiveRing = new ReceiveQueueRing(Ring, 1),
            SharedReceives = node.SharedReceives?.Context,
        };
        Machine = QueuePairMachine.Create(
            Context, node.Table, this, node.Options with { GidTableLength = 1, ActiveMtuBytes = node.Setup.ActiveMtu });
    }

    public EndRecord Record { get; }

    public QueuePairContext Context { get; }

    public QueuePairMachine Machine { get; }

    public CompletionQueue SendCq { get; }

    public CompletionQueue ReceiveCq { get; }

    /// <summary>To RTS. All memory that the capture names must have been registered.</summary>
    public void Connect()
    {
        var setup = _node.Setup;
        _memory = new LocalMemory([.. Record.Messages.Select(message => (int)message.Length)], _node.Table, _node.Domain);
        var isDatagram = Record.Key.Service == TransportService.UnreliableDatagram;
        var isReliable = Record.Type == QueuePairType.ReliableConnection;
        Modify(new QueuePairAttributes
        {
            State = QueuePairState.Init, PkeyIndex = 0, Port = Record.Type == QueuePairType.Gsi ? null : 1,
            Access = isDatagram ? null : setup.Access, Qkey = isDatagram ? Record.QueueKey : null,
        });
        Modify(isDatagram ? new QueuePairAttributes { State = QueuePairState.ReadyToReceive } : new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive, AddressVector = new AddressVector { DestinationGid = Record.Peer },
            PathMtu = (PathMtu)(System.Numerics.BitOperations.Log2((uint)setup.PathMtu) - 7), DestinationQueuePair = Record.PeerNumber,
            ReceivePsn = Record.PeerFirstPsn.Value, MaxDestinationReadAtomic = isReliable ? setup.ReadAtomicDepth : null,
            MinRnrTimer = isReliable ? setup.MinRnrTimer : null,
        });
        Modify(new QueuePairAttributes
        {
            State = QueuePairState.ReadyToSend, SendPsn = Record.FirstPsn.Value, Timeout = isReliable ? setup.Timeout : null,
            RetryCount = isReliable ? setup.RetryCount : null, RnrRetry = isReliable ? setup.RnrRetry : null,
            MaxReadAtomic = isReliable ? setup.ReadAtomicDepth : null,
        });
    }

    /// <summary>Posts one of the messages of the capture.</summary>
    public void Post(int index)
    {
        var message = Record.Messages[index];
        message.Data.CopyTo(Local(index));
        var (key, address) = message.Remote();
        var wqe = new SendWqe
        {
            WorkRequestId = (ulong)index, Opcode = message.Opcode, Flags = message.Solicited ? SendFlags.Solicited : SendFlags.None,
            Immediate = message.Immediate, InvalidateKey = message.InvalidateKey, RemoteKey = key, RemoteAddress = address,
            Length = message.Length, EntryCount = 1,
        };
        if (message.IsAtomic)
        {
            var operands = message.FirstFrame.View.AtomicEth;
            var adds = message.Opcode == SendOpcode.FetchAndAdd;
            (wqe.CompareAdd, wqe.Swap) = adds ? (operands.SwapOrAdd, 0) : (operands.Compare, operands.SwapOrAdd);
        }

        if (Record.Key.Service == TransportService.UnreliableDatagram)
        {
            wqe.Destination = new DatagramDestination(
                new AddressVector { DestinationGid = message.FirstFrame.Destination, Port = 1 }, Context.ProtectionDomain);
            wqe.RemoteQueuePair = message.FirstFrame.View.DestinationQueuePair;
            wqe.RemoteQueueKey = message.FirstFrame.View.Deth.QueueKey;
        }

        Assert.True(Context.SendRing.TryReserve(out var slot));
        Context.SendRing.Entries(slot)[0] = _memory.Entry(index, message.Length);
        Context.SendRing.Slot(slot) = wqe;
        Context.SendRing.Publish(slot);
    }

    /// <summary>The local memory of a message.</summary>
    public Span<byte> Local(int index) => _memory.Of(index, Record.Messages[index].Length);

    /// <summary>Whether a frame may come to this queue pair at all.</summary>
    public DropReason Admit(CapturedFrame frame) => Machine.Admit(frame.View, frame.Source, frame.Destination);

    public void Receive(CapturedFrame frame, Instant now)
    {
        var view = frame.View;
        if (frame.Traits.IsResponse) Machine.ReceiveResponse(view, now, out _);
        else Machine.ReceiveRequest(view, new PacketOrigin { RouteHeader = frame.RouteHeader() }, now, out _);
    }

    /// <summary>The next request packet, BTH through pad, or null.</summary>
    public byte[]? PollRequest(Instant now)
    {
        if (Machine.HasPathPerRequest && Machine.PrepareRequest() is null) return null;
        var writer = new PacketWriter(_header, _segments);
        if (!Machine.PollRequest(ref writer, now)) return null;
        if (Machine.AwaitsHandover) Machine.HandOver(Machine.Counters.SentRequests);
        return Bytes(writer);
    }

    /// <summary>The next response packet, BTH through pad, or null.</summary>
    public byte[]? PollResponse(Instant now)
    {
        var writer = new PacketWriter(_header, _segments);
        return Machine.PollResponse(ref writer, now) ? Bytes(writer) : null;
    }

    public WorkCompletion? Poll(CompletionQueue queue) => queue.Poll(_polled) == 1 ? _polled[0] : null;

    // A capture does not show events.
    public void Raise(AsyncEventType type)
    {
    }

    public Gid? FindGid(int port, int index) => _node.Host;

    private static byte[] Bytes(in PacketWriter writer)
    {
        Assert.True(writer.IsComplete);
        var bytes = new List<byte>();
        bytes.AddRange(writer.Header);
        foreach (var segment in writer.Segments) bytes.AddRange(new ReadOnlySpan<byte>((void*)segment.Address, segment.Length));
        bytes.AddRange(new byte[writer.PadCount]);
        return [.. bytes];
    }

    private void Modify(QueuePairAttributes attributes) => Machine.Modify(attributes, Instant.Zero);
}
