using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>
/// A receiver that stops reading until its socket buffer has overflowed, again and again: what the kernel threw away comes once more.
/// </summary>
internal static class OverrunScenario
{
    private const int Rounds = 3;

    /// <summary>
    /// Bytes of socket buffer for each queue pair: less than half a message, and enough for some to get through when all repeat at once.
    /// </summary>
    private const int BufferPerQueuePair = 1024;

    public static LoadReport Run(LoadSettings settings)
    {
        var dam = new Dam();
        var second = new DeviceOptions
        {
            Driver = ShardDriverKind.Dedicated,
            Graph = spec => spec.InsertAfter(StageNames.Receive, new StageSpec<PacketBurst> { Name = dam.Name, Factory = () => dam }),
        };
        int buffer = settings.QueuePairs * BufferPerQueuePair;
        using var pair = new LoopbackPair("overrun", settings, second, $"?buffer={buffer}");
        pair.Start();
        for (int round = 0; round < Rounds; round++)
        {
            LoadLoop.For(settings.Duration / Rounds, pair.First, pair.Second);
            var sent = pair.First.Device.GetPipeline().BackendCounters.Sent;
            // Several times what the buffer holds: a closed dam reads at most one burst.
            long enough = sent.Bytes + 4 * buffer;
            dam.Close();
            LoadLoop.Until(() => sent.Bytes >= enough, pair.First);
            dam.Open();
        }
        // The kernel tells of what it dropped with the next datagram.
        LoadLoop.Until(() => pair.Second.Device.GetPipeline().BackendCounters.Dropped(DropReason.QueueFull) > 0, pair.First, pair.Second);
        return pair.Finish();
    }
}
