using System.Numerics;
using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Passes everything on and shows an onlooker copies of some packets: one in so many, or by a hash, so that both ends of a connection show
/// the same ones. He has to <see cref="PacketBurst.Release"/> each burst that he accepts. One that he has no room for, or that comes while
/// he holds as many as he may, is counted as dropped here and delays nobody.
/// </summary>
public sealed class SamplerStage : PacketStage
{
    private readonly PacketChoice _choice;
    private readonly Onlooker _onlooker;

    /// <summary>Makes a sampler.</summary>
    /// <param name="choice">Which packets, for instance <see cref="PacketChoice.OneIn"/> or <see cref="PacketChoice.ByHash"/>.</param>
    /// <param name="onlooker">Gets a burst with the copies of each burst's chosen packets.</param>
    /// <param name="mostShown">
    /// Bursts that the onlooker may hold at a time: 1 to 4096; in front of <c>encode</c> each counts twice.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="mostShown"/> is out of range.</exception>
    public SamplerStage(PacketChoice choice, ITargetBlock<PacketBurst> onlooker, int mostShown = Onlooker.DefaultShown)
    {
        ArgumentNullException.ThrowIfNull(choice);
        _choice = choice;
        _onlooker = new Onlooker(onlooker, mostShown);
    }

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        ulong chosen = _choice.Of(burst);
        if (chosen == 0)
            return;
        int items = BitOperations.PopCount(chosen & All(burst));
        Context.Created(items);
        if (TryShow(burst, chosen))
            Context.Ended(items);
        else
            Context.Dropped(DropReason.QueueFull, items, burst);
    }

    private bool TryShow(PacketBurst burst, ulong chosen)
    {
        if (!_onlooker.HasRoom)
            return false;
        var sample = _onlooker.Copies.Rent();
        CopyPackets(burst, chosen, sample, _onlooker.Copies);
        return _onlooker.TryShow(sample);
    }
}
