using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Crc;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// LRH and GRH of one flow, made once and patched for each packet: as they go on the wire, and as the ICRC sees them. A GRH is there only
/// on a global path (R-BE-51).
/// </summary>
internal sealed class NativeHeaders
{
    private const byte DefaultHopLimit = 64;
    private const int WordLength = 4;
    private const int PacketLengthOffset = 4;
    private const int PayloadLengthOffset = 4;

    private readonly byte[] _link = new byte[Lrh.Length + Grh.Length];
    private readonly byte[] _masked = new byte[Grh.Length + PacketBurst.HeaderAreaBytes];
    private FlowPath _path;
    private byte _lane;
    private bool _isLoaded;

    /// <summary>Bytes in front of the BTH.</summary>
    public int Length => Lrh.Length + (_path.IsGlobal ? Grh.Length : 0);

    /// <summary>Bytes of the masked headers in front of the BTH.</summary>
    public int MaskedLength => _path.IsGlobal ? Grh.Length : Lrh.Length;

    /// <summary>The masked headers, with room for a transport header behind them.</summary>
    public Span<byte> Masked => _masked;

    /// <summary>The ICRC's register before the masked headers.</summary>
    public uint Seed => _path.IsGlobal ? IcrcMask.SeedWithoutLrh : Crc32.Preset;

    /// <summary>LRH and, on a global path, GRH.</summary>
    public ReadOnlySpan<byte> Link => _link.AsSpan(0, Length);

    /// <summary>Prepares for packets of a flow; nothing to do when it is the last one again.</summary>
    /// <param name="path">The flow.</param>
    /// <param name="lane">The virtual lane of its service level.</param>
    public void Load(in FlowPath path, byte lane)
    {
        if (_isLoaded && lane == _lane && path == _path)
            return;
        (_path, _lane, _isLoaded) = (path, lane, true);
        new Lrh
        {
            VirtualLane = lane,
            ServiceLevel = path.ServiceLevel,
            NextHeader = path.IsGlobal ? LinkNextHeader.IbaGlobal : LinkNextHeader.IbaLocal,
            Destination = path.DestinationLid,
            Source = path.SourceLid == 0 ? Lrh.PermissiveLid : path.SourceLid,
        }.Write(_link);
        if (path.IsGlobal)
            WriteGrh(path);
        _link.AsSpan(Length - MaskedLength, MaskedLength).CopyTo(_masked);
        IcrcMask.Apply(_masked.AsSpan(0, MaskedLength), path.IsGlobal ? FrameKind.NativeGlobal : FrameKind.NativeLocal);
    }

    /// <summary>Puts in what differs between packets of a flow.</summary>
    /// <param name="transportLength">BTH through ICRC.</param>
    /// <param name="isManagement">Whether the packet goes to QP0, which has a lane of its own (R-WIRE-32).</param>
    public void SetPacket(int transportLength, bool isManagement)
    {
        _link[0] = (byte)((isManagement ? NativePort.ManagementLane : _lane) << 4);
        var words = (ushort)((Length + transportLength) / WordLength);
        BinaryPrimitives.WriteUInt16BigEndian(_link.AsSpan(PacketLengthOffset), words);
        if (_path.IsGlobal)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_link.AsSpan(Lrh.Length + PayloadLengthOffset), (ushort)transportLength);
            BinaryPrimitives.WriteUInt16BigEndian(_masked.AsSpan(PayloadLengthOffset), (ushort)transportLength);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(_masked.AsSpan(PacketLengthOffset), words);
        }
    }

    private void WriteGrh(in FlowPath path) => new Grh
    {
        TrafficClass = path.TrafficClass,
        FlowLabel = path.FlowLabel & VersionClassLabel.LabelMask,
        HopLimit = path.HopLimit == 0 ? DefaultHopLimit : path.HopLimit,
        Source = path.Source,
        Destination = path.Destination,
    }.Write(_link.AsSpan(Lrh.Length));
}
