using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>
/// The receive side of one queue pair without machine, graph or wire. Memory is one pinned array: each region has guard bytes on both
/// sides, and <see cref="AssertGuardsIntact"/> says whether anything was written outside.
/// </summary>
internal sealed unsafe class ReceiveSide : IQueuePairFaultHandler, IQueuePairHost
{
    public const uint Number = 0x12;
    public const uint PeerNumber = 0x345678;
    public const uint Domain = 7;
    public const int Mtu = 256;
    public const int RegionLength = 4096;

    /// <summary>More answers than any test asks for: who owes for ever fails instead of hanging.</summary>
    public const int MostPackets = 100_000;
    private bool _hasFlushed;
    private const int GuardLength = 512;
    private const byte GuardByte = 0xA5;
    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private readonly byte[] _memory = GC.AllocateArray<byte>((2 * RegionLength) + (3 * GuardLength), pinned: true);
    private readonly byte[] _header = new byte[PacketWriter.MaxHeaderLength];
    private readonly PayloadReference[] _segments = new PayloadReference[4];

    public ReceiveSide(uint expected = 100, int depth = 4, AccessFlags access = All, uint receives = 0,
        QueuePairState state = QueuePairState.ReadyToSend, QueuePairOptions? options = null,
        int completions = 1024, CompletionQueue? queue = null, RdmaDevice? device = null)
    {
        Device = device ?? new RdmaDevice(new IdleProvider());
        Array.Fill(_memory, GuardByte);
        Cq = queue ?? Device.CreateCompletionQueue(completions);
        Context = NewContext(Cq);
        Context.State = state;
        Scope = new QueuePairScope(Context, Regions, this, options ?? QueuePairOptions.Default) { Faults = this };
        Scope.Settings.Access = access;
        Scope.Settings.PathMtuBytes = Mtu;
        Scope.Settings.DestinationQueuePair = PeerNumber;
        Scope.Settings.ReceivePsn = new Psn(expected);
        Scope.Settings.MaxDestinationReadAtomic = (byte)depth;
        Scope.Settings.MinimumRnrTimer = 12;
        Region.Clear();
        Sink.Clear();
        Key = Regions.Add(Domain, RegionAddress, RegionLength, (nint)RegionAddress, All);
        SinkKey = Regions.Add(Domain, SinkAddress, RegionLength, (nint)SinkAddress, AccessFlags.LocalWrite);
        DisposableKey = Regions.Add(Domain, SinkAddress, RegionLength, (nint)SinkAddress, AccessFlags.RemoteRead, peerMayInvalidate: true);
        State = new ReceiveQueueState(Scope);
        Responder = new Responder(Scope, State);
        Acks = new AckGenerator(Scope, State);
        Responder.Start();
        for (ulong id = 1; id <= receives; id++) PostReceive(id, RegionLength);
    }

    public RdmaDevice Device { get; }

    public QueuePairContext Context { get; }

    public QueuePairScope Scope { get; }

    public MemoryRegionTable Regions => Device.MemoryRegions;

    public ReceiveQueueState State { get; }

    public Responder Responder { get; }

    public AckGenerator Acks { get; }

    public CompletionQueue Cq { get; }

    public List<AsyncEventType> Events { get; } = [];

    public ushort PartitionKey { get; set; } = 0xFFFF;

    public DropReason LastDrop { get; private set; }

    /// <summary>The region that the peer may write, read and operate on.</summary>
    public uint Key { get; }

    /// <summary>The key of the region that receives go to.</summary>
    public uint SinkKey { get; }

    /// <summary>The key of a region that the peer may invalidate.</summary>
    public uint DisposableKey { get; }

    public ulong RegionAddress => Address(GuardLength);

    public ulong SinkAddress => Address((2 * GuardLength) + RegionLength);

    public Span<byte> Region => _memory.AsSpan(GuardLength, RegionLength);

    public Span<byte> Sink => _memory.AsSpan((2 * GuardLength) + RegionLength, RegionLength);

    public uint Expected => State.ExpectedPsn.Value;

    public static byte[] Pattern(int length, int seed = 1) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 7) + (seed * 31)))];

    public void PostReceive(ulong id, params ScatterGatherEntry[] entries)
    {
        Assert.True(Context.ReceiveRing.TryReserve(out var index));
        ref var slot = ref Context.ReceiveRing.Slot(index);
        (slot.WorkRequestId, slot.EntryCount, slot.Length) = (id, entries.Length, (uint)entries.Sum(e => e.Length));
        if (entries.Length <= Context.ReceiveRing.MaxEntries) entries.CopyTo(Context.ReceiveRing.Entries(index));
        Context.ReceiveRing.Publish(index);
    }

    /// <summary>Posts a receive of one entry at the start of the sink.</summary>
    public void PostReceive(ulong id, int length) => PostReceive(id, new ScatterGatherEntry(SinkAddress, (uint)length, SinkKey));

    /// <summary>
    /// A request of an opcode that passes every check: FIRST and MIDDLE are full, LAST and ONLY carry 100 bytes, ATOMIC WRITE its 8.
    /// </summary>
    public Request Legal(Opcode opcode, uint psn)
    {
        var traits = OpcodeTraits.Of(opcode);
        var full = traits.Payload == PayloadRule.FullPathMtu;
        var payload = traits.Payload is PayloadRule.None || !traits.IsKnown ? 0
            : full ? Mtu : traits.Payload == PayloadRule.EightBytes ? 8 : 100;
        var length = traits.Payload == PayloadRule.None ? 100 : full ? Mtu + 100 : payload;
        return new Request(opcode, psn)
        {
            Payload = Pattern(payload, (int)psn),
            Address = RegionAddress,
            Key = Key,
            Length = (uint)length,
            InvalidateKey = DisposableKey,
        };
    }

    public Request Read(uint psn, int offset, uint length) =>
        new(Opcode.RcReadRequest, psn) { Address = RegionAddress + (ulong)offset, Key = Key, Length = length };

    public Work Receive(Request request) => Receive(request.ToBytes());

    public Work Receive(byte[] bytes)
    {
        var parsed = PacketView.TryParse(bytes, out var view);
        Assert.Equal(DropReason.None, parsed);
        var work = Responder.Receive(view, out var drop);
        LastDrop = drop;
        return work;
    }

    /// <summary>Receives a packet that must be executed.</summary>
    public void Accept(Request request)
    {
        Receive(request);
        Assert.Equal(DropReason.None, LastDrop);
    }

    public Response? Poll()
    {
        var writer = new PacketWriter(_header, _segments);
        if (!Acks.Poll(ref writer)) return null;
        Assert.True(writer.IsComplete);
        return Response.Read(writer);
    }

    /// <summary>Everything that is owed, in order.</summary>
    public List<Response> PollAll()
    {
        var responses = new List<Response>();
        while (Poll() is { } response)
        {
            responses.Add(response);
            Assert.InRange(responses.Count, 0, MostPackets);
        }

        return responses;
    }

    /// <summary>Everything that is owed, as text: "ACK 5, NAK0 6".</summary>
    public string Answers() => string.Join(", ", PollAll());

    public void MarkError() => Context.State = QueuePairState.Error;

    public void EnterError(AsyncEventType? raise)
    {
        if (_hasFlushed) return;
        _hasFlushed = true;
        MarkError();
        if (raise is { } type) Events.Add(type);
        Responder.Flush();
    }

    public void Raise(AsyncEventType type) => Events.Add(type);

    public Gid? FindGid(int port, int index) => null;

    public ushort FindPkey(int port, int index) => PartitionKey;

    public void MarkSendError() => MarkError();

    public void EnterSendError() => EnterError(null);

    public void AssertGuardsIntact()
    {
        Assert.Equal(-1, _memory.AsSpan(0, GuardLength).IndexOfAnyExcept(GuardByte));
        Assert.Equal(-1, _memory.AsSpan(GuardLength + RegionLength, GuardLength).IndexOfAnyExcept(GuardByte));
        Assert.Equal(-1, _memory.AsSpan(_memory.Length - GuardLength, GuardLength).IndexOfAnyExcept(GuardByte));
    }

    /// <summary>A second key for the peer's region, with other rights or in another domain.</summary>
    public uint AddRegion(uint domain, AccessFlags access) => Regions.Add(domain, RegionAddress, RegionLength, (nint)RegionAddress, access);

    /// <summary>A key for memory of the caller, which must be pinned; addresses count from 0.</summary>
    public uint RegisterAlien(ulong[] target) => Regions.Add(Domain, 0, (ulong)target.Length * sizeof(ulong),
        System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(target, 0), All);

    /// <summary>Takes all receive completions.</summary>
    public WorkCompletion[] Completions()
    {
        var completions = new WorkCompletion[Cq.Count];
        if (completions.Length != 0) Assert.Equal(completions.Length, Cq.Poll(completions));
        return completions;
    }

    private static QueuePairContext NewContext(CompletionQueue queue)
    {
        var capabilities = new QueuePairCapabilities();
        return new QueuePairContext
        {
            Number = Number,
            Type = QueuePairType.ReliableConnection,
            SignalAll = true,
            Caps = capabilities,
            ProtectionDomain = Domain,
            SendCq = queue,
            ReceiveCq = queue,
            SendRing = new SendQueueRing(1, 1, 0),
            ReceiveRing = new ReceiveQueueRing(capabilities.MaxReceiveWorkRequests, capabilities.MaxReceiveEntries),
        };
    }

    private ulong Address(int offset) => (ulong)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_memory, offset);
}
