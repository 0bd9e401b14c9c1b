using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Transport;

/// <summary>What a shard offers to stages for packets.</summary>
internal interface IPacketShard : IShardServices
{
    /// <summary>Where the stages of the shard rent bursts.</summary>
    PacketPool Pool { get; }

    /// <summary>Nanoseconds from 1970 to the time 0 of the shard's clock.</summary>
    long EpochNanoseconds { get; }

    /// <summary>What the stages of the shard make frames with.</summary>
    FrameCodec Codec { get; }
}
