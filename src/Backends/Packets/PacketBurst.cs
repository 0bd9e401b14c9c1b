using System.Runtime.CompilerServices;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Backends.Packets;

/// <summary>
/// The unit of flow: 1 to <see cref="MaxPackets"/> packets of one flow (one source, one destination), with the memory their frames
/// live in. A burst belongs to whoever holds it; the holder passes it on or calls <see cref="Release"/>, which returns it to its pool.
/// </summary>
/// <remarks>
/// The reference count is touched by interlocked operations only while a burst is shared: a count of one has one holder, and only a
/// holder may retain, so nobody can race with it.
/// </remarks>
public sealed partial class PacketBurst : IBurst
{
    /// <summary>Most packets in a burst: what one segmented send carries on every kernel that has it.</summary>
    public const int MaxPackets = 64;

    /// <summary>Scratch bytes per packet for an un-encoded transport header (R-WIRE-20 asks for 80).</summary>
    public const int HeaderAreaBytes = 96;

    private const int InitialSegments = 4 * MaxPackets;

    private readonly PacketPool _pool;
    private readonly nint _headers;
    private int _references;

    internal PacketBurst(PacketPool pool, nint slab, int slabLength, nint headers)
    {
        _pool = pool;
        _headers = headers;
        Slab = slab;
        SlabLength = slabLength;
    }

    /// <inheritdoc/>
    public int Count { get; set; }

    /// <summary>Descriptors; the first <see cref="Count"/> are in use. Fixed length <see cref="MaxPackets"/>.</summary>
    public PacketDescriptor[] Packets { get; } = new PacketDescriptor[MaxPackets];

    /// <summary>First byte of the slab the frames live in: pinned and 64-byte aligned.</summary>
    public nint Slab { get; }

    /// <summary>
    /// Bytes of the slab. Twice the largest datagram: an incoming burst of single datagrams can always take one more of any size.
    /// </summary>
    public int SlabLength { get; }

    /// <summary>Payload references of un-encoded packets; the first <see cref="SegmentCount"/> are in use.</summary>
    public PayloadSegment[] Segments { get; private set; } = new PayloadSegment[InitialSegments];

    /// <summary>Number of used entries of <see cref="Segments"/>.</summary>
    public int SegmentCount { get; set; }

    /// <summary>The network path all packets share.</summary>
    public FlowPath Path { get; set; }

    /// <summary>How far the packets have come.</summary>
    public BurstStage State { get; set; }

    /// <summary>Runs of an encoded burst for a back-end that segments; the first <see cref="RunCount"/> are in use.</summary>
    public GsoRun[] Runs { get; } = new GsoRun[MaxPackets];

    /// <summary>Number of used entries of <see cref="Runs"/>; 0 where the codec makes none.</summary>
    public int RunCount { get; set; }

    /// <summary>Cursor of <see cref="IPacketBackend.Send"/>: packets already taken by the back-end.</summary>
    public int SentCount { get; set; }

    /// <summary>Free for the owner of the graph, such as the epoch in which payload references were taken; 0 after a rent.</summary>
    public long Epoch { get; set; }

    /// <summary>
    /// A burst in whose slab payloads of this un-encoded one lie, because a stage has made or changed them: it is released with this one.
    /// Null when they lie in user memory.
    /// </summary>
    public PacketBurst? PayloadStore { get; set; }

    /// <summary>Who waits for the end of the payload references of an un-encoded burst; null when nobody does.</summary>
    public IPayloadWatch? PayloadWatch { get; set; }

    /// <summary>
    /// Who wants to be told when these packets are handed to the back-end (R-BE-11). Of a shared burst it belongs, like
    /// <see cref="SentCount"/>, to the holder on the way to the wire.
    /// </summary>
    public HandoverNotices Notices { get; } = new();

    /// <summary>
    /// Whether a second holder may be reading: then neither bytes nor descriptors may be changed in place; see <see cref="Unshare"/>.
    /// </summary>
    public bool IsShared => Volatile.Read(ref _references) > 1;

    internal PacketBurst? Next { get; set; }

    /// <summary>How many hold it; 0 while it is in its pool. For the stage kit.</summary>
    internal int References => Volatile.Read(ref _references);

    /// <summary>Scratch for the transport header of an un-encoded packet.</summary>
    /// <param name="index">Packet, 0 to <see cref="MaxPackets"/> − 1.</param>
    /// <returns><see cref="HeaderAreaBytes"/> bytes.</returns>
    public unsafe Span<byte> HeaderArea(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)MaxPackets);
        return new Span<byte>((byte*)_headers + (index * HeaderAreaBytes), HeaderAreaBytes);
    }

    /// <summary>Bytes of the slab.</summary>
    /// <param name="offset">First byte, counted from the slab's start.</param>
    /// <param name="length">Number of bytes; offset + length is at most <see cref="SlabLength"/>.</param>
    /// <returns>A view of the slab, valid while the caller holds the burst.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe Span<byte> Bytes(int offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)(uint)offset + (uint)length, (ulong)SlabLength);
        return new Span<byte>((byte*)Slab + offset, length);
    }

    /// <summary>Takes the next descriptor into use, cleared.</summary>
    /// <returns>The descriptor, at index <see cref="Count"/> − 1 afterwards.</returns>
    public ref PacketDescriptor Append()
    {
        ref var packet = ref Packets[Count];
        packet = default;
        Count++;
        return ref packet;
    }

    /// <summary>Makes room for more payload segments; allocates only when a burst needs more than it ever did.</summary>
    /// <param name="count">Entries that must fit behind <see cref="SegmentCount"/>.</param>
    /// <returns>The free entries, at least <paramref name="count"/>.</returns>
    public Span<PayloadSegment> FreeSegments(int count)
    {
        if (Segments.Length - SegmentCount < count)
        {
            var larger = new PayloadSegment[Math.Max(Segments.Length * 2, SegmentCount + count)];
            Segments.AsSpan(0, SegmentCount).CopyTo(larger);
            Segments = larger;
        }

        return Segments.AsSpan(SegmentCount);
    }

    /// <summary>
    /// Keeps only chosen packets, in order; frames stay where they are, un-encoded headers move up. Runs are forgotten if a packet goes.
    /// </summary>
    /// <param name="mask">Bit i set: packet i stays.</param>
    public void Keep(ulong mask)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if ((mask >> i & 1) == 0)
                continue;
            if (kept != i)
                MovePacket(i, kept);
            kept++;
        }

        if (kept == Count)
            return;
        Count = kept;
        RunCount = 0;
    }

    /// <inheritdoc/>
    public void Retain()
    {
        if (Volatile.Read(ref _references) == 1)
            Volatile.Write(ref _references, 2);
        else
            Interlocked.Increment(ref _references);
    }

    /// <inheritdoc/>
    public void Release()
    {
        var remaining = Volatile.Read(ref _references) == 1 ? _references = 0 : Interlocked.Decrement(ref _references);
        if (remaining == 0)
        {
            Notices.Tell();
            PayloadWatch?.Released(this);
            PayloadStore?.Release();
            _pool.Return(this);
        }
        else if (remaining < 0)
            throw new InvalidOperationException("A packet burst was released more often than it was held.");
    }

    private void MovePacket(int from, int to)
    {
        Packets[to] = Packets[from];
        if (State == BurstStage.Unencoded)
            HeaderArea(from)[..Packets[to].HeaderLength].CopyTo(HeaderArea(to));
    }

    internal void Reset()
    {
        _references = 1;
        Count = 0;
        SegmentCount = 0;
        RunCount = 0;
        SentCount = 0;
        Epoch = 0;
        PayloadWatch = null;
        PayloadStore = null;
        State = BurstStage.Unencoded;
        Path = default;
        Contexts?.Clear();
        Journey?.End();
    }
}
