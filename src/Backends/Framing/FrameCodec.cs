using System.Numerics;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// Turns un-encoded packets into frames and back (R-BE-12). One instance per back-end, used by its shard only; it allocates nothing.
/// </summary>
public abstract class FrameCodec
{
    private readonly FrameCodec? _origin;
    private volatile bool _segmentation;

    /// <summary>Makes a codec.</summary>
    /// <param name="origin">The codec it is a <see cref="Fork"/> of; null for the codec of a back-end.</param>
    protected FrameCodec(FrameCodec? origin = null) => _origin = origin;

    /// <summary>Most bytes of a frame in the slab around BTH to ICRC: headers, and a VCRC; 0 where a socket adds them.</summary>
    public abstract int FrameOverhead { get; }

    /// <summary>ICRC verdicts of everything decoded so far; <see cref="Decode"/> counts each packet it judges once.</summary>
    public IcrcVerdicts Verdicts { get; } = new();

    /// <summary>
    /// Whether the medium segments equal packets, so that runs may hold more than one packet. Cleared while running when the kernel
    /// refuses to segment on the route in use.
    /// </summary>
    public bool Segmentation
    {
        get => _origin?.Segmentation ?? _segmentation;
        set
        {
            if (_origin is null)
                _segmentation = value;
            else
                _origin.Segmentation = value;
        }
    }

    /// <summary>
    /// <see cref="BurstStage.Unencoded"/> to <see cref="BurstStage.Encoded"/>: lays the frames into the slab (link header, transport
    /// header, payload copied and summed in one pass, pad, ICRC), fills in the frame and transport offsets, and the runs where
    /// <see cref="Segmentation"/> matters. Header, payload and pad lengths of the descriptors keep their values.
    /// </summary>
    /// <param name="burst">The burst; on return it no longer refers to user memory.</param>
    public abstract void Encode(PacketBurst burst);

    /// <summary>
    /// Makes the frames of chosen packets of an encoded burst anew, in a burst of their own: which packets are sent together is covered by
    /// their ICRCs (R-BE-30), so what is left of a burst cannot be sent as it is.
    /// </summary>
    /// <param name="burst">A burst in state <see cref="BurstStage.Encoded"/>; it stays as it is.</param>
    /// <param name="packets">Bit i set: packet i.</param>
    /// <param name="target">An empty burst.</param>
    public void Reframe(PacketBurst burst, ulong packets, PacketBurst target)
    {
        ArgumentNullException.ThrowIfNull(burst);
        ArgumentNullException.ThrowIfNull(target);
        var damaged = 0UL;
        for (var i = 0; i < burst.Count; i++)
        {
            if ((packets >> i & 1) == 0)
                continue;
            if (burst.Packets[i].Icrc == IcrcStatus.Invalid)
                damaged |= 1UL << target.Count;
            PacketCopy.Unframe(burst, i, target);
        }

        Encode(target);
        for (; damaged != 0; damaged &= damaged - 1)
            Damage(target, BitOperations.TrailingZeroCount(damaged));
    }

    // A new ICRC must not make good what was damaged on the way.
    private static void Damage(PacketBurst burst, int index)
    {
        ref var packet = ref burst.Packets[index];
        packet.Icrc = IcrcStatus.Invalid;
        PacketDamage.FlipBit(burst.Bytes(packet.FrameOffset, packet.FrameLength), (ulong)index);
    }

    /// <summary>
    /// A codec for the same frames that another shard may use at the same time; it follows this one's <see
    /// cref="Segmentation"/>.
    /// </summary>
    /// <returns>A codec of its own scratch memory and verdicts.</returns>
    public abstract FrameCodec Fork();

    /// <summary>
    /// <see cref="BurstStage.Received"/> to <see cref="BurstStage.Decoded"/>: finds the transport bytes of each frame, the path, the
    /// ICRC verdict, and the drop reason for link-level faults (wire.md section 8, steps 1 to 3 and 13). Never throws on any bytes.
    /// </summary>
    /// <param name="burst">The burst.</param>
    public abstract void Decode(PacketBurst burst);

    /// <summary>What the headers in front of a decoded packet tell the receiver of a datagram. Any shard may ask.</summary>
    /// <param name="burst">A burst in state <see cref="BurstStage.Decoded"/>.</param>
    /// <param name="packet">A packet of it that is not dropped.</param>
    /// <param name="routeHeader">Takes the <see cref="RouteHeader"/>.</param>
    /// <returns>What else there is to tell.</returns>
    public abstract FrameOrigin ReadOrigin(PacketBurst burst, in PacketDescriptor packet, Span<byte> routeHeader);
}
