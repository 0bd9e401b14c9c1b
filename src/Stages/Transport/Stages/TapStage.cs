using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Passes every burst on and offers a copy of it to an onlooker, any Dataflow block, who has to <see cref="PacketBurst.Release"/> each that
/// he accepts. One that he has no room for, or that comes while he holds as many as he may, he misses: that is counted here as
/// <c>queue_full</c> and delays nobody.
/// </summary>
public sealed class TapStage : PacketStage
{
    private readonly Onlooker _onlooker;

    /// <summary>Makes a tap.</summary>
    /// <param name="name">For people; null for <c>tap</c>.</param>
    /// <param name="onlooker">Gets a copy of each burst it has room for.</param>
    /// <param name="mostShown">Bursts that the onlooker may hold at a time: 1 to 4096.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mostShown"/> is out of range.</exception>
    public TapStage(string? name, ITargetBlock<PacketBurst> onlooker, int mostShown = Onlooker.DefaultShown)
        : base(name) => _onlooker = new Onlooker(onlooker, mostShown);

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        Context.Created(burst.Count);
        if (TryShow(burst))
            Context.Ended(burst.Count);
        else
            Context.Dropped(DropReason.QueueFull, burst.Count, burst);
    }

    private bool TryShow(PacketBurst burst)
    {
        if (!_onlooker.HasRoom)
            return false;
        var copy = _onlooker.Copies.Rent();
        burst.CopyTo(copy);
        return _onlooker.TryShow(copy);
    }
}
