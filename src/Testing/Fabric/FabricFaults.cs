namespace RdmaPipeline.Testing;

/// <summary>
/// The fault script: rules that decide the fate of chosen packets before chance does. A rule looks at packets as their host sends them or,
/// if it names a link, as they enter that. Rules are asked in the order in which they were made; the first that takes a packet decides, and
/// those behind it do not see the packet. What a host sends to itself passes no link and no rule.
/// </summary>
public sealed class FabricFaults
{
    private readonly RdmaTestFabric _fabric;
    private readonly List<FabricFault> _rules = [];
    private int _made;

    internal FabricFaults(RdmaTestFabric fabric) => _fabric = fabric;

    /// <summary>The rules in force, in order.</summary>
    public IReadOnlyList<FabricFault> Rules => _rules;

    /// <summary>Makes a rule; it passes packets until it is told what to do with them: <c>When(…).Drop()</c>.</summary>
    /// <param name="match">Says which packets: <c>p => p.From(a).Opcode(Opcode.RcSendOnly).Nth(3)</c>.</param>
    /// <returns>The rule.</returns>
    public FabricFault When(Func<PacketMatch, PacketMatch> match)
    {
        ArgumentNullException.ThrowIfNull(match);
        var number = _made++;
        var random = _fabric.RandomFor(RandomStream.Rule, number);
        var rule = new FabricFault(this, match(new PacketMatch(_fabric, random)), $"rule {number + 1}");
        _rules.Add(rule);
        return rule;
    }

    /// <summary>Ends all rules.</summary>
    public void Clear() => _rules.Clear();

    internal void Remove(FabricFault rule) => _rules.Remove(rule);

    internal FaultVerdict? Judge(FabricPacket packet, FabricLane lane, bool isFirst)
    {
        // A rule may end itself, or make another, when it strikes.
        for (var i = 0; i < _rules.Count; i++)
        {
            if (_rules[i].Takes(packet, lane, isFirst, out var verdict))
                return verdict;
        }

        return null;
    }
}
