using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>An onlooker that keeps some of the bursts it is given, and knows what they looked like when they came.</summary>
internal sealed class HoldingOnlooker(string edge) : ITargetBlock<PacketBurst>
{
    private const int Most = 40;

    private readonly List<(PacketBurst Burst, string Look)> _held = [];
    private int _offered;

    public int Seen { get; private set; }

    public Task Completion => Task.CompletedTask;

    // Called by the tap, on its shard, before anybody else sees the burst. Every third is kept.
    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, PacketBurst messageValue, ISourceBlock<PacketBurst>? source, bool consumeToAccept)
    {
        if (_held.Count == Most || _offered++ % 3 != 0)
            return DataflowMessageStatus.Declined;
        Seen++;
        _held.Add((messageValue, BurstLook.Of(messageValue)));
        return DataflowMessageStatus.Accepted;
    }

    public void Complete()
    {
        // It has nothing to complete.
    }

    public void Fault(Exception exception)
    {
        // Nor to fault.
    }

    /// <summary>What has been changed since, and lets go of it all.</summary>
    public IEnumerable<string> Changes()
    {
        foreach (var (burst, look) in _held)
        {
            string now = BurstLook.Of(burst);
            if (now != look)
                yield return $"behind {edge}: was\n{look}\nis\n{now}";
            burst.Release();
        }
    }
}
