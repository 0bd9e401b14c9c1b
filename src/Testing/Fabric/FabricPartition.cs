namespace RdmaPipeline.Testing;

/// <summary>Two groups of hosts between which no packet passes that is sent from now on, until it is healed.</summary>
public sealed class FabricPartition
{
    private readonly HashSet<FabricHost> _one;
    private readonly HashSet<FabricHost> _other;

    internal FabricPartition(RdmaTestFabric fabric, IEnumerable<FabricHost> one, IEnumerable<FabricHost> other)
    {
        Fabric = fabric;
        (_one, _other) = ([.. one], [.. other]);
        One = [.. _one.OrderBy(host => host.Number)];
        Other = [.. _other.OrderBy(host => host.Number)];
        if (_one.Overlaps(_other))
            throw new ArgumentException($"{_one.First(_other.Contains).Name} is on both sides of the partition.", nameof(other));
    }

    /// <summary>The fabric it belongs to.</summary>
    public RdmaTestFabric Fabric { get; }

    /// <summary>One side.</summary>
    public IReadOnlyList<FabricHost> One { get; }

    /// <summary>The other side.</summary>
    public IReadOnlyList<FabricHost> Other { get; }

    /// <summary>Lets packets pass again.</summary>
    public void Heal() => Fabric.Heal(this);

    /// <summary>Both sides.</summary>
    public override string ToString() =>
        $"partition {string.Join(' ', One.Select(host => host.Name))} | {string.Join(' ', Other.Select(host => host.Name))}";

    internal bool Parts(FabricHost a, FabricHost b) =>
        (_one.Contains(a) && _other.Contains(b)) || (_one.Contains(b) && _other.Contains(a));
}
