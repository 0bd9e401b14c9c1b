namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>What a setup says beyond the attributes of queue pairs, one fact at a time.</summary>
internal static class ReplayFacts
{
    /// <summary>The setup without each of its facts in turn.</summary>
    public static IEnumerable<(string Fact, ReplaySetup Setup)> EachWithout(ReplaySetup setup)
    {
        var usual = new ReplaySetup { Capture = setup.Capture };
        ReplaySetup[] without =
        [
            setup with { Access = usual.Access },
            setup with { RegionAccess = usual.RegionAccess },
            setup with { BytesBeyondRegion = usual.BytesBeyondRegion },
            setup with { OwnersWrite = usual.OwnersWrite },
            setup with { GivenUpWith = usual.GivenUpWith },
        ];
        return without.Where(changed => changed != setup).Select(changed => ($"{changed}", changed))
            .Concat(Each(setup.ReceiveLengths.Skip(1), lengths => setup with { ReceiveLengths = [setup.ReceiveLengths[0], .. lengths] }))
            .Concat(Each(setup.UnknownKeys, keys => setup with { UnknownKeys = keys }))
            .Concat(Each(setup.Windows, keys => setup with { Windows = keys }))
            .Concat(Each(setup.Dropped, frames => setup with { Dropped = frames }))
            .Concat(Each(setup.Refused, frames => setup with { Refused = frames }))
            .Concat(Each(setup.Unrecorded, packets => setup with { Unrecorded = packets }))
            .Concat(Each(setup.Delayed, frames => setup with { Delayed = frames }))
            .Concat(Each(setup.Delivered ?? [], messages => setup with { Delivered = messages }));
    }

    private static IEnumerable<(string, ReplaySetup)> Each<T>(IEnumerable<T> facts, Func<T[], ReplaySetup> with)
    {
        var all = facts.ToArray();
        return all.Select((fact, i) => ($"{fact}", with([.. all[..i], .. all[(i + 1)..]])));
    }
}
