using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing;

/// <summary>
/// A packet on its way through a <see cref="RdmaTestFabric"/>. It does not change: a corrupted one is another with the same number.
/// </summary>
public sealed class FabricPacket
{
    private const uint LowestBits = 0xFF_FFFF;
    private const int PsnOffset = 8;
    private const int QueuePairOffset = 4;
    private const byte CongestionBits = 3;

    private readonly FlowPath _path;
    private readonly FrameLayout _layout;
    private readonly byte[] _frame;

    internal FabricPacket(long number, FabricHost source, byte[] frame, in FlowPath path, FabricHost[] targets)
    {
        (Number, Source, _frame, _path, Targets) = (number, source, frame, path, targets);
        _layout = FrameEdits.Locate(frame, source.Fabric.LinkType);
    }

    private FabricPacket(FabricPacket origin, byte[] frame, FabricHost[] targets)
        : this(origin.Number, origin.Source, frame, origin._path, targets) =>
        (IsAltered, Contexts) = (origin.IsAltered || frame != origin._frame, origin.Contexts);

    /// <summary>Its number among all that hosts have sent, from 1; copies of a packet have its number.</summary>
    public long Number { get; }

    /// <summary>The host that sent it.</summary>
    public FabricHost Source { get; }

    /// <summary>
    /// The hosts that it is on its way to: one, or of multicast those that this copy is for; none when no host has the address.
    /// </summary>
    public IReadOnlyList<FabricHost> Destinations => Targets;

    /// <summary>All bytes: from the Ethernet header or the LRH through the ICRC or the VCRC.</summary>
    public ReadOnlyMemory<byte> Frame => _frame;

    /// <summary>The bytes from the BTH through the ICRC; empty when the frame is no RDMA packet any more.</summary>
    public ReadOnlySpan<byte> Transport =>
        _layout.IsSound ? _frame.AsSpan(_layout.TransportOffset, _layout.TransportLength) : default;

    /// <summary>Whether it has a BTH at all.</summary>
    public bool IsSound => _layout.IsSound;

    /// <summary>Whether it differs from what the source has sent.</summary>
    public bool IsAltered { get; }

    /// <summary>The opcode of the BTH.</summary>
    public Opcode Opcode => IsSound ? (Opcode)Transport[0] : default;

    /// <summary>Whether it answers a request: an acknowledgement, or data of a READ.</summary>
    public bool IsResponse => IsSound && OpcodeTraits.Of(Opcode).IsResponse;

    /// <summary>The packet sequence number, 24 bits.</summary>
    public uint Psn => IsSound ? BinaryPrimitives.ReadUInt32BigEndian(Transport[PsnOffset..]) & LowestBits : 0;

    /// <summary>The number of the queue pair it is for, 24 bits.</summary>
    public uint DestinationQueuePair => IsSound ? BinaryPrimitives.ReadUInt32BigEndian(Transport[QueuePairOffset..]) & LowestBits : 0;

    /// <summary>Bytes of payload, without pad; 0 when it does not parse.</summary>
    public int PayloadLength => TryView(out var view) ? view.PayloadLength : 0;

    /// <summary>The address it was sent from.</summary>
    public Gid SourceGid => new(_path.Source);

    /// <summary>The address it was sent to.</summary>
    public Gid DestinationGid => new(_path.Destination);

    /// <summary>Whether it carries the ICRC that its bytes give.</summary>
    public bool HasValidIcrc => IsSound && Icrc.Verify(_frame, _layout);

    /// <summary>The ECN field of the IP header or GRH: 0 not capable, 1 and 2 capable, 3 congestion experienced.</summary>
    public int Ecn => IsSound ? FrameEdits.ReadPath(_frame, _layout).TrafficClass & CongestionBits : 0;

    /// <summary>The traces of the messages that its burst had packets of: they go along inside the process, not in its bytes.</summary>
    internal MessageContext[] Contexts { get; init; } = [];

    internal FlowPath Path => _path;

    internal FabricHost[] Targets { get; }

    internal FrameLayout Layout => _layout;

    /// <summary>Parses the transport headers.</summary>
    /// <param name="view">The headers and payload; only to be used when the answer is true.</param>
    /// <returns>Whether it parses.</returns>
    public bool TryView(out PacketView view) => PacketView.TryParse(Transport, out view) == Telemetry.DropReason.None;

    /// <summary>What a person wants to know.</summary>
    public override string ToString()
    {
        var to = Targets.Length == 0 ? DestinationGid.ToString() : string.Join('+', Targets.Select(host => host.Name));
        return IsSound
            ? $"#{Number} {Source.Name}→{to} {Opcode} QP 0x{DestinationQueuePair:x} PSN {Psn}, {PayloadLength} B"
            : $"#{Number} {Source.Name}→{to} {_frame.Length} B, no RDMA packet";
    }

    internal FabricPacket With(byte[] frame) => new(this, frame, Targets);

    internal FabricPacket For(FabricHost[] targets) => new(this, _frame, targets);
}
