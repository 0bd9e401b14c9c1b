using System.Numerics;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// What a user derives a stage from: one input, one output, one call per burst. It runs on its shard's thread, one call at a time, so it
/// needs no lock, and must neither block nor allocate per packet. Put it into an edge of a device with <see cref="PacketGraph"/>.
/// </summary>
/// <remarks>
/// What a burst holds depends on where it is: frames not yet looked at behind <c>receive</c>, packets behind <c>decode</c>, headers and
/// references to user memory in front of <c>encode</c>, frames behind it (<see cref="PacketBurst.State"/>). In front of <c>encode</c> a
/// burst may also come already encoded, because the memory it pointed to was wanted back. Whoever changes anything calls
/// <see cref="Own"/> before: somebody else may hold the burst too.
/// </remarks>
public abstract class PacketStage : IStage<PacketBurst>
{
    private static readonly string[] Ports = ["out"];
    private IPacketShard? _shard;
    private bool _isKept;

    /// <summary>Names the stage.</summary>
    /// <param name="name">For people; null for the name of the type. In a graph it goes by the name it is inserted under.</param>
    protected PacketStage(string? name = null) => Name = name ?? StageNames.Of(GetType());

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Outputs => Ports;

    /// <summary>The block around the stage: counts, wakes, emits; belongs to the shard.</summary>
    protected IStageContext<PacketBurst> Context { get; private set; } = null!;

    /// <summary>Bursts of the stage's own; to be rented on the shard.</summary>
    protected PacketPool Pool => _shard?.Pool ?? (field ??= new PacketPool());

    /// <summary>The shard's clock, in nanoseconds; virtual in a simulation, and 0 in a graph whose shards offer no time.</summary>
    protected long NowNanoseconds => Context.Services?.NowNanoseconds ?? 0;

    /// <summary>The time of the world, in nanoseconds since 1970.</summary>
    private protected long WallClockNanoseconds => NowNanoseconds + (_shard?.EpochNanoseconds ?? 0);

    /// <summary>The UDP port of RoCEv2 packets here.</summary>
    private protected ushort UdpPort => _shard?.Codec is RoCEv2UdpCodec codec ? codec.Port : UdpHeader.RoCEv2Port;

    /// <summary>Whether the link is native InfiniBand.</summary>
    private protected bool IsNativeLink => _shard?.Codec is NativeInfiniBandCodec;

    /// <summary>Whether frames have link headers here: a socket adds its own.</summary>
    private protected bool HasLinkHeaders => _shard is null || _shard.Codec.FrameOverhead > 0;

    /// <inheritdoc/>
    public virtual void Attach(IStageContext<PacketBurst> context)
    {
        Context = context;
        _shard = context?.Services as IPacketShard;
    }

    /// <inheritdoc/>
    void IStage<PacketBurst>.Process(PacketBurst burst)
    {
        _isKept = false;
        Process(ref burst);
        if (_isKept)
            return;
        Invariant.That(burst is not null, "A stage passes on a burst: to end one, empty it by Drop, or Keep it and Release it.");
        if (burst.Count > 0)
            Context.Emit(0, burst);
        else
            burst.Release();
    }

    /// <summary>
    /// Works on a burst of 1 to 64 packets. What <paramref name="burst"/> refers to afterwards is passed on; a burst without packets is
    /// released instead. A stage that replaces the burst releases the one it was given. An exception is a bug and stops the device.
    /// </summary>
    /// <param name="burst">The burst, which belongs to the stage for the length of the call.</param>
    protected abstract void Process(ref PacketBurst burst);

    /// <summary>A view of a packet, BTH to ICRC.</summary>
    /// <param name="burst">A decoded or encoded burst.</param>
    /// <param name="index">The packet, 0 to <see cref="PacketBurst.Count"/> − 1.</param>
    /// <param name="packet">The view, when there is one.</param>
    /// <returns>False when the burst has no frames yet, or the packet does not parse.</returns>
    protected static bool TryView(PacketBurst burst, int index, out PacketView packet)
    {
        ArgumentNullException.ThrowIfNull(burst);
        packet = default;
        return burst.State is BurstStage.Decoded or BurstStage.Encoded
            && burst.TryView(burst.Packets[index], out packet) == DropReason.None;
    }

    /// <summary>
    /// The transport header of a packet, BTH first, wherever it lies: to be read; to be changed after <see cref="Own"/>.
    /// </summary>
    /// <param name="burst">The burst.</param>
    /// <param name="index">The packet, 0 to <see cref="PacketBurst.Count"/> − 1.</param>
    /// <returns>Of an un-encoded packet its headers, else BTH to ICRC; empty for a frame that was not decoded yet.</returns>
    protected static Span<byte> Header(PacketBurst burst, int index) => HeaderOf(burst, index);

    internal static Span<byte> HeaderOf(PacketBurst burst, int index)
    {
        ArgumentNullException.ThrowIfNull(burst);
        ref readonly var packet = ref burst.Packets[index];
        return burst.State switch
        {
            BurstStage.Unencoded => burst.HeaderArea(index)[..packet.HeaderLength],
            BurstStage.Received => default,
            _ => burst.Bytes(packet.TransportOffset, packet.TransportLength),
        };
    }

    /// <summary>Sees to it that nobody else holds the burst, by a copy if need be: from then on it may be changed.</summary>
    /// <param name="burst">The burst.</param>
    protected void Own(ref PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        burst = burst.Unshare(Pool);
    }

    /// <summary>Drops packets and counts them.</summary>
    /// <param name="burst">The burst; what is left of it, in order, stays in it.</param>
    /// <param name="packets">Bit i set: packet i goes.</param>
    /// <param name="reason">Why.</param>
    protected void Drop(ref PacketBurst burst, ulong packets, DropReason reason)
    {
        ArgumentNullException.ThrowIfNull(burst);
        packets &= All(burst);
        if (packets == 0)
            return;
        Own(ref burst);
        for (ulong left = packets; left != 0; left &= left - 1)
            burst.Packets[BitOperations.TrailingZeroCount(left)].Drop = reason;
        Context.Dropped(reason, BitOperations.PopCount(packets), burst);
        Remove(ref burst, packets);
    }

    /// <summary>Takes packets out of a burst into one of their own, which belongs to the stage; both keep their order.</summary>
    /// <param name="burst">The burst; some packets stay in it.</param>
    /// <param name="packets">Bit i set: packet i is taken out.</param>
    /// <returns>The other burst, of the same state.</returns>
    protected PacketBurst Split(ref PacketBurst burst, ulong packets)
    {
        ArgumentNullException.ThrowIfNull(burst);
        Own(ref burst);
        var taken = Pool.Rent();
        CopyPackets(burst, packets & All(burst), taken);
        Remove(ref burst, packets);
        return taken;
    }

    /// <summary>
    /// Makes an encoded burst one that is not, for a stage in front of <c>encode</c> that changes payloads or headers: now and then one
    /// comes encoded, because the memory it pointed to was wanted back.
    /// </summary>
    /// <param name="burst">An un-encoded burst, which stays as it is, or an encoded one.</param>
    protected void MakeUnencoded(ref PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        if (burst.State != BurstStage.Encoded)
            return;
        var unencoded = Pool.Rent();
        burst.UnframeTo(unencoded);
        burst.CopyTraceTo(unencoded);
        burst.Notices.MoveTo(unencoded.Notices);
        unencoded.PayloadStore = burst;
        burst = unencoded;
    }

    /// <summary>
    /// The burst of this call is not passed on: the stage keeps it for later (then it is an <see cref="IHoldingStage{T}"/>), or has
    /// emitted, deferred or released it itself.
    /// </summary>
    protected void Keep() => _isKept = true;

    /// <summary>Gives the burst back unfinished: it is processed again after a wake, and nothing before it.</summary>
    /// <param name="burst">The burst, unchanged.</param>
    /// <param name="reason">What the stage waits for.</param>
    protected void Defer(PacketBurst burst, BlockedReason reason)
    {
        Context.Defer(burst, reason);
        Keep();
    }

    /// <summary>
    /// Copies chosen packets into a burst of their own, made anew where the place of a packet in its burst matters (R-BE-30): what is left
    /// of a segmented send is framed again.
    /// </summary>
    /// <param name="burst">The burst.</param>
    /// <param name="packets">Bit i set: packet i.</param>
    /// <param name="target">A burst of the same state, or an empty one; it has room for them.</param>
    /// <param name="stores">Where a second burst for un-encoded payloads comes from; null for <see cref="Pool"/>.</param>
    private protected void CopyPackets(PacketBurst burst, ulong packets, PacketBurst target, PacketPool? stores = null)
    {
        if (burst.State == BurstStage.Encoded && _shard is { } shard)
            Reframe(shard, burst, packets, target);
        else if (burst.State == BurstStage.Unencoded)
            burst.CopyUnencodedTo(packets, target, (stores ?? Pool).Rent());
        else
            burst.CopyTo(packets, target);
    }

    /// <summary>Makes the frames of an encoded burst anew, because what they are made of has changed: path or headers.</summary>
    /// <param name="burst">A burst that the stage alone holds.</param>
    private protected void Reframe(ref PacketBurst burst)
    {
        var anew = Pool.Rent();
        CopyPackets(burst, All(burst), anew);
        burst.Notices.MoveTo(anew.Notices);
        burst.Release();
        burst = anew;
    }

    private protected void Remove(ref PacketBurst burst, ulong packets)
    {
        ulong kept = All(burst) & ~packets;
        if (kept == 0 || _shard is null || !HasSegments(burst))
        {
            burst.Keep(kept);
            return;
        }
        var rest = Pool.Rent();
        Reframe(_shard, burst, kept, rest);
        burst.Notices.MoveTo(rest.Notices);
        burst.Release();
        burst = rest;
    }

    private protected static ulong All(PacketBurst burst) =>
        burst.Count == PacketBurst.MaxPackets ? ulong.MaxValue : (1UL << burst.Count) - 1;

    private static void Reframe(IPacketShard shard, PacketBurst burst, ulong packets, PacketBurst target)
    {
        shard.Codec.Reframe(burst, packets, target);
        burst.CopyTraceTo(target);
    }

    private static bool HasSegments(PacketBurst burst)
    {
        foreach (ref readonly var run in burst.Runs.AsSpan(0, burst.RunCount))
        {
            if (run.PacketCount > 1)
                return true;
        }
        return false;
    }
}
