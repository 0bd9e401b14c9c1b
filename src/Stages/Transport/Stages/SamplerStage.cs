using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Passes everything on and shows an onlooker copies of some packets: one in so many, or by a hash, so that both ends of a connection show
/// the same ones. He must <see cref="PacketBurst.Release"/> each burst; one that he has no room for is counted as dropped here and delays
/// nobody.
/// </summary>
public sealed class SamplerStage : PacketStage
{
    private readonly PacketChoice _choice;
    private readonly ITargetBlock<PacketBurst> _onlooker;

    /// <summary>Makes a sampler.</summary>
    /// <param name="choice">Which packets, for instance <see cref="PacketChoice.OneIn"/> or <see cref="PacketChoice.ByHash"/>.</param>
    /// <param name="onlooker">Gets a burst with the copies of each burst's chosen packets.</param>
    public SamplerStage(PacketChoice choice, ITargetBlock<PacketBurst> onlooker)
    {
        ArgumentNullException.ThrowIfNull(choice);
        ArgumentNullException.ThrowIfNull(onlooker);
        _choice = choice;
        _onlooker = onlooker;
    }

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        ulong chosen = _choice.Of(burst);
        if (chosen == 0)
            return;
        var sample = Pool.Rent();
        CopyPackets(burst, chosen, sample);
        int items = sample.Count;
        Context.Created(items);
        if (_onlooker.Post(sample))
        {
            Context.Ended(items);
            return;
        }
        Context.Dropped(DropReason.QueueFull, items, sample);
        sample.Release();
    }
}
