using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Passes every burst on and offers a second reference to an onlooker, any Dataflow block: of an un-encoded burst a copy, because its
/// payloads lie in user memory. The onlooker must not change the burst and must <see cref="PacketBurst.Release"/> it; the stages behind go
/// on with a copy when they would have to change a burst that he still holds. An onlooker that has no room misses the burst: that is
/// counted here and delays nobody.
/// </summary>
public sealed class TapStage : PacketStage
{
    private readonly ITargetBlock<PacketBurst> _onlooker;

    /// <summary>Makes a tap.</summary>
    /// <param name="name">For people; null for <c>tap</c>.</param>
    /// <param name="onlooker">Gets a reference to each burst it has room for.</param>
    public TapStage(string? name, ITargetBlock<PacketBurst> onlooker)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(onlooker);
        _onlooker = onlooker;
    }

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        int items = burst.Count;
        var seen = Share(burst);
        Context.Created(items);
        if (_onlooker.Post(seen))
        {
            Context.Ended(items);
            return;
        }
        Context.Dropped(DropReason.QueueFull, items, seen);
        seen.Release();
    }

    private PacketBurst Share(PacketBurst burst)
    {
        if (burst.State == BurstStage.Unencoded)
        {
            var copy = Pool.Rent();
            burst.CopyTo(copy);
            return copy;
        }
        burst.Retain();
        return burst;
    }
}
