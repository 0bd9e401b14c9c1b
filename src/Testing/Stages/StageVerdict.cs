using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>What a scenario has shown, once nothing moves any more.</summary>
internal static class StageVerdict
{
    private const string HowToLetGo =
        "Every burst that Process is given is passed on, emitted, deferred, kept by an IHoldingStage, or released.";

    /// <summary>Judges a scenario and lets go of everything.</summary>
    /// <param name="bench">The scenario.</param>
    /// <param name="flow">Whether every packet must have gone its way.</param>
    public static void Check(StageBench bench, bool flow)
    {
        if (flow && !bench.HasThrown)
            CheckFlow(bench);
        CheckFrames(bench);
        CheckArrived(bench);
        CheckShown(bench);
        CheckLetGo(bench);
        bench.Graph.Dispose();
    }

    private static void CheckFlow(StageBench bench)
    {
        var arrived = bench.Sink.Numbers;
        var known = bench.Numbers.ToHashSet();
        var distinct = arrived.ToHashSet();
        var meter = bench.Host.Meter;
        var missing = known.Count(number => !distinct.Contains(number));
        if (distinct.Any(number => !known.Contains(number)))
            bench.Failures.Add(bench.FlowAspect, "It gives out packets that it was not given.");
        if (missing > meter.DroppedItems + meter.EndedItems)
            bench.Failures.Add(bench.FlowAspect, "It loses packets without counting them: use Drop, which takes a reason.");
        if (distinct.Count < arrived.Count && !bench.Options.MayDuplicate)
            bench.Failures.Add(bench.FlowAspect, "It gives out a packet twice; if it is meant to, say so: MayDuplicate.");
        if (!bench.Options.MayReorder && arrived.Zip(arrived.Skip(1)).Any(pair => pair.Second < pair.First))
            bench.Failures.Add(bench.FlowAspect, "It lets packets overtake one another; if it is meant to, say so: MayReorder.");
    }

    // A frame is whole when it is what the codec makes of its packet: a change behind encode needs the ICRC anew.
    private static void CheckFrames(StageBench bench)
    {
        if (bench.Options.MayCorrupt)
            return;
        var anew = new PacketPool().Rent();
        foreach (var (burst, _, _) in bench.Sink.Arrived)
        {
            if (burst.State != BurstStage.Encoded || burst.References <= 0)
                continue;
            anew.Count = anew.SegmentCount = 0;
            StageTraffic.MakeCodec(segmented: burst.RunCount > 0).Reframe(burst, ulong.MaxValue, anew);
            for (var i = 0; i < burst.Count; i++)
            {
                if (Transport(burst, i).SequenceEqual(Transport(anew, i)))
                    continue;
                bench.Failures.Add(StageAspect.Frames,
                    "It passes on frames whose ICRC is not that of their bytes, or of their place among those sent together: whoever"
                    + " changes a packet does so in front of encode; whoever takes packets out uses Drop.");
                return;
            }
        }
    }

    private static ReadOnlySpan<byte> Transport(PacketBurst burst, int index) =>
        burst.Bytes(burst.Packets[index].TransportOffset, burst.Packets[index].TransportLength);

    private static void CheckArrived(StageBench bench)
    {
        foreach (var group in bench.Sink.Arrived.GroupBy(arrived => arrived.Burst))
        {
            var burst = group.Key;
            var holders = group.Count() + bench.Shown.Count(shown => shown.Burst == burst);
            if (burst.References < holders || group.Any(arrived => arrived.References <= 0))
            {
                bench.Failures.Add(StageAspect.Ownership,
                    "It lets go of a burst that it passes on too: what is passed on belongs to the next stage; for a second holder call"
                    + " Retain.");
            }
            else if (group.Any(arrived => PacketText.Of(burst) != arrived.Look))
            {
                bench.Failures.Add(StageAspect.Ownership, "It changes a burst that it has passed on: keep no reference to it.");
            }

            for (var held = Math.Min(group.Count(), burst.References); held > 0; held--)
                burst.Release();
        }
    }

    private static void CheckShown(StageBench bench)
    {
        foreach (var (burst, look) in bench.Shown)
        {
            if (PacketText.Of(burst) != look)
            {
                bench.Failures.Add(StageAspect.Sharing,
                    "It changes a burst that somebody else holds: call Own(ref burst) before changing anything.");
            }

            if (burst.References > 0)
                burst.Release();
        }
    }

    private static void CheckLetGo(StageBench bench)
    {
        foreach (var (burst, look) in bench.ReleasedLooks)
        {
            if (PacketText.Of(burst) != look)
                bench.Failures.Add(StageAspect.Ownership, "It changes a burst that it has let go of: keep no reference to it.");
        }

        var kept = bench.Given.Count(burst => burst.References > 0);
        if (kept > 0)
            bench.Failures.Add(StageAspect.Ownership, $"It never lets go of bursts that it was given. {HowToLetGo}");
        if (bench.RentedByStage > 0)
        {
            bench.Failures.Add(
                StageAspect.Ownership, "It never lets go of bursts that it has rented from Pool: pass them on or release them.");
        }

    }
}
