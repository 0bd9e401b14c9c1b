using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Cli.Explain;

/// <summary>One transport packet of a capture, with what its comment says became of it.</summary>
internal sealed record CapturedTransport
{
    private const byte CongestionExperienced = 3;

    public required int Number { get; init; }

    public required long Nanoseconds { get; init; }

    public required string Source { get; init; }

    public required string Destination { get; init; }

    public required OpcodeTraits Traits { get; init; }

    public required uint QueuePair { get; init; }

    public required Psn Psn { get; init; }

    public Aeth? Aeth { get; init; }

    /// <summary>Bytes that a READ asks for.</summary>
    public uint ReadLength { get; init; }

    /// <summary>Bytes that a WRITE announces, in its first packet.</summary>
    public uint WriteLength { get; init; }

    public ushort PartitionKey { get; init; }

    /// <summary>The Q_Key of a datagram.</summary>
    public uint? QueueKey { get; init; }

    /// <summary>The sender's queue pair, where a packet names it.</summary>
    public uint? SourceQueuePair { get; init; }

    public int PayloadLength { get; init; }

    public bool IsIcrcRight { get; init; }

    public bool IsMarked { get; init; }

    public required CapturedFate Fate { get; init; }

    /// <summary>Takes a packet of a capture; null when it is no RDMA packet that a receiver could read.</summary>
    public static CapturedTransport? Read(CapturedPacket captured)
    {
        var frame = captured.Data.Span;
        var layout = captured.LinkType switch
        {
            LinkLayerType.InfiniBand => NativeFrame.Locate(frame),
            LinkLayerType.Ethernet => EthernetFrame.Locate(frame),
            _ => default,
        };
        if (captured.IsCut || !layout.IsSound)
            return null;
        if (PacketView.TryParse(frame.Slice(layout.TransportOffset, layout.TransportLength), out var view) != DropReason.None)
            return null;
        var ends = PacketEnds.Of(FrameHeaders.Read(frame, layout));
        return new CapturedTransport
        {
            Number = captured.Number,
            Nanoseconds = captured.Nanoseconds,
            Source = ends.Source,
            Destination = ends.Destination,
            Traits = view.Traits,
            QueuePair = view.DestinationQueuePair,
            Psn = view.Psn,
            Aeth = view.Traits.Has(HeaderLayout.Aeth) ? view.Aeth : null,
            ReadLength = view.Traits.Operation == PacketOperation.ReadRequest ? view.Reth.DmaLength : 0,
            WriteLength = IsWriteStart(view.Traits) ? view.Reth.DmaLength : 0,
            PartitionKey = view.PartitionKey,
            QueueKey = view.Traits.Has(HeaderLayout.Deth) ? view.Deth.QueueKey : null,
            SourceQueuePair = view.Traits.Has(HeaderLayout.Deth) ? view.Deth.SourceQueuePair : null,
            PayloadLength = view.PayloadLength,
            IsIcrcRight = Icrc.Verify(frame, layout),
            IsMarked = (ends.TrafficClass & CongestionExperienced) == CongestionExperienced || view.ForwardCongestion,
            Fate = CapturedFate.Parse(captured.Comment),
        };
    }

    private static bool IsWriteStart(OpcodeTraits traits) => traits.Operation == PacketOperation.Write && traits.Has(HeaderLayout.Reth);
}
