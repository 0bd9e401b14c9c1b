using System.Collections.Immutable;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>Gives shards other drivers, one after the other, and the old ones back when the rest of the change fails.</summary>
internal sealed class DriverChange(
    ImmutableSortedDictionary<int, ShardDriverKind> before, ImmutableSortedDictionary<int, ShardDriverKind> wanted,
    Func<int, ShardDriverKind, Task>? change)
{
    private readonly List<int> _changed = [];

    /// <summary>How long shards had no driver, in ticks of the telemetry's clock.</summary>
    public long PauseTicks { get; private set; }

    public async Task ApplyAsync()
    {
        foreach ((int shard, ShardDriverKind kind) in wanted)
        {
            _changed.Add(shard);
            await ChangeAsync(shard, kind);
        }
    }

    public async Task GoBackAsync()
    {
        foreach (int shard in _changed)
        {
            await ChangeAsync(shard, before[shard]);
        }
    }

    private async Task ChangeAsync(int shard, ShardDriverKind kind)
    {
        long start = StageMeter.ReadClock();
        try
        {
            await change!(shard, kind);
        }
        catch (Exception e)
        {
            throw new EditStepException($"Shard {shard} could not be given the driver {kind}", e);
        }
        finally
        {
            PauseTicks += StageMeter.ReadClock() - start;
        }
    }
}
