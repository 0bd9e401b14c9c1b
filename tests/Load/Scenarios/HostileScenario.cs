using RdmaPipeline.ConformanceTests.Device;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>
/// A stranger who knows every queue pair number, key and address sends forged packets to all of them while they work: nobody's data
/// change, no queue pair fails. Queue pairs that were connected to the stranger himself he may break; nobody else's.
/// </summary>
internal static class HostileScenario
{
    /// <summary>Of the victim's own queue pairs, those that talk to the stranger.</summary>
    public const int Acquaintances = 16;

    private const int BurstsPerRound = 4;

    /// <summary>The host number of the stranger; 1 and 2 are the pair.</summary>
    private const int Stranger = 3;

    public static LoadReport Run(LoadSettings settings)
    {
        using var pair = new LoopbackPair("hostile", settings);
        var victim = pair.Second;
        using var stranger = new HostileSender(LoopbackPair.Uri(Stranger, pair.Port), settings.Seed,
            [.. victim.Ends.Select(end => end.Self.RemoteKey).Distinct()],
            [.. victim.Ends.Select(end => end.Self.Target)]);
        using var queue = victim.Device.CreateCompletionQueue(Acquaintances * 2);
        var acquaintances = Enumerable.Range(0, Acquaintances).Select(_ => Befriend(victim, queue)).ToList();
        uint[] numbers = [.. victim.Ends.Select(end => end.QueuePair.Number), .. acquaintances.Select(one => one.Number)];
        pair.Start();
        LoadLoop.For(settings.Duration, () =>
        {
            for (int i = 0; i < BurstsPerRound; i++)
                stranger.Send(victim.Ends[0].Self.Endpoint.Gid, numbers);
        }, pair.First, pair.Second);
        var report = pair.Finish();
        report.Other["forgedPackets"] = stranger.Packets;
        report.Other["acquaintancesBroken"] = acquaintances.Count(one => one.State == QueuePairState.Error);
        acquaintances.ForEach(one => one.Dispose());
        return report;
    }

    private static QueuePair Befriend(LoadSide victim, CompletionQueue queue)
    {
        var one = victim.Domain.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        var stranger = Gid.FromIPAddress(FreePorts.LoopbackAddress(Stranger));
        one.ConnectTo(new QueuePairEndpoint(stranger, 0x99, 0), new ConnectOptions { Access = AccessFlags.None });
        return one;
    }
}
