namespace RdmaPipeline.Testing;

/// <summary>A cable between two nodes: two lanes, one for each direction.</summary>
public sealed class FabricLink
{
    private readonly FabricLane _forth;
    private readonly FabricLane _back;

    internal FabricLink(RdmaTestFabric fabric, FabricNode a, FabricNode b, LinkOptions options, int number)
    {
        (A, B) = (a, b);
        _forth = new FabricLane(fabric, this, a, b, options, 2 * number);
        _back = new FabricLane(fabric, this, b, a, options, (2 * number) + 1);
        Fabric = fabric;
    }

    /// <summary>The fabric it belongs to.</summary>
    public RdmaTestFabric Fabric { get; }

    /// <summary>One end.</summary>
    public FabricNode A { get; }

    /// <summary>The other end.</summary>
    public FabricNode B { get; }

    /// <summary>Whether it carries packets.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>Counts how often it went down, so that a packet on its way knows that it was cut off.</summary>
    internal int Cuts { get; private set; }

    /// <summary>The direction that begins at one of the ends.</summary>
    /// <param name="end">The sending end.</param>
    /// <exception cref="ArgumentException">The link does not end there.</exception>
    public FabricLane From(FabricNode end)
    {
        ArgumentNullException.ThrowIfNull(end);
        if (end == A)
            return _forth;
        return end == B ? _back : throw new ArgumentException($"end is {end.Name}; this is the link {this}.", nameof(end));
    }

    /// <summary>What both directions do from now on to packets that enter; those on their way are not touched.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">One of them is wrong; the message names it, its value and the limit.</exception>
    public void Set(LinkOptions options)
    {
        _forth.Options = options;
        _back.Options = options;
    }

    /// <summary>Pulls the cable: what is on its way is lost, and the devices at its ends hear of it.</summary>
    public void Down() => Change(up: false);

    /// <summary>Plugs the cable in again.</summary>
    public void Up() => Change(up: true);

    /// <summary>Nothing leaves either end for a while; what is sent meanwhile waits.</summary>
    /// <param name="duration">How long from now on; 0 or more.</param>
    public void Clog(TimeSpan duration)
    {
        _forth.Clog(duration);
        _back.Clog(duration);
    }

    /// <summary>Both ends.</summary>
    public override string ToString() => $"{A.Name}–{B.Name}";

    private void Change(bool up)
    {
        if (up == IsUp)
            return;
        IsUp = up;
        if (!up)
        {
            Cuts++;
            _forth.Cut();
            _back.Cut();
        }

        Fabric.TopologyChanged($"link {this} {(up ? "up" : "down")}");
        A.LinkChanged();
        B.LinkChanged();
    }
}
