using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>A host or a switch: what a link connects.</summary>
public abstract class FabricNode
{
    private readonly List<FabricLink> _links = [];

    private protected FabricNode(RdmaTestFabric fabric, string name, int number) => (Fabric, Name, Number) = (fabric, name, number);

    /// <summary>The fabric it belongs to.</summary>
    public RdmaTestFabric Fabric { get; }

    /// <summary>Its name, unique in its fabric.</summary>
    public string Name { get; }

    /// <summary>Its number among the nodes of its fabric, from 0 in the order of their making.</summary>
    public int Number { get; }

    /// <summary>The links that end here.</summary>
    public IReadOnlyList<FabricLink> Links => _links;

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    /// <summary>A link has come or gone, or changed its state.</summary>
    internal virtual void LinkChanged()
    {
    }

    /// <summary>A packet has come over a link.</summary>
    internal abstract void Arrive(FabricPacket packet);

    internal void Attach(FabricLink link)
    {
        _links.Add(link);
        LinkChanged();
    }

    /// <summary>Sends a packet on towards its targets: one copy over each link that leads to any of them.</summary>
    private protected void Forward(FabricPacket packet)
    {
        if (packet.Targets.Length == 1)
        {
            Send(packet, Fabric.Routes.Next(this, packet.Targets[0]));
            return;
        }

        // In the order of the targets, so that a seed always gives the same.
        var lanes = packet.Targets.Select(target => Fabric.Routes.Next(this, target)).ToArray();
        foreach (var lane in lanes.Distinct())
            Send(packet.For([.. packet.Targets.Where((_, i) => lanes[i] == lane)]), lane);
    }

    private void Send(FabricPacket packet, FabricLane? lane)
    {
        if (lane is null)
            Fabric.Log.Add(this, FabricEvent.Lost, packet, DropReason.NoRoute, "no way leads there");
        else
            lane.Enter(packet);
    }
}
