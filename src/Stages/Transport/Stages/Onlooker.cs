using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Somebody outside of the graph who is shown copies. He owns each that he accepts until he releases it. They come from a pool of their
/// own, and so many are out at most: an onlooker who forgets them, or fails with some in his queue, in the end sees no more and costs the
/// device none of its bursts; their memory is the collector's when he is gone. A second reference to the burst itself would be cheaper, but
/// nobody could tell one that is forgotten from one that is looked at.
/// </summary>
internal sealed class Onlooker
{
    public const int DefaultShown = 64;

    private const int MostShown = 4096;

    private readonly ITargetBlock<PacketBurst> _target;
    private readonly int _mostShown;

    /// <exception cref="ArgumentOutOfRangeException">The number is out of range.</exception>
    public Onlooker(ITargetBlock<PacketBurst> target, int mostShown)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (mostShown is < 1 or > MostShown)
            throw new ArgumentOutOfRangeException(nameof(mostShown), mostShown, $"{nameof(mostShown)} is 1 to {MostShown}.");
        (_target, _mostShown) = (target, mostShown);
    }

    /// <summary>What copies are made of.</summary>
    public PacketPool Copies { get; } = new();

    /// <summary>Whether he may be shown another one.</summary>
    public bool HasRoom => Copies.Outstanding < _mostShown;

    /// <summary>Offers him a copy, which is his if he accepts it.</summary>
    public bool TryShow(PacketBurst copy)
    {
        if (_target.Post(copy))
            return true;
        copy.Release();
        return false;
    }
}
