using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>Which events tell of the difference between two looks at a port (R-VERB-1, verbs.md section 7).</summary>
internal static class PortChange
{
    /// <summary>The events, in the order in which a user needs them: first that the port is there, then what is new about it.</summary>
    public static IEnumerable<AsyncEventType> Between(PortAttributes before, PortAttributes now)
    {
        var (wasUp, isUp) = (before.State == PortState.Active, now.State == PortState.Active);
        if (wasUp != isUp)
            yield return isUp ? AsyncEventType.PortActive : AsyncEventType.PortError;
        if (before.Lid != now.Lid || before.LidMaskControl != now.LidMaskControl)
            yield return AsyncEventType.LidChange;
        if (before.SubnetManagerLid != now.SubnetManagerLid)
            yield return AsyncEventType.SubnetManagerChange;
    }
}
