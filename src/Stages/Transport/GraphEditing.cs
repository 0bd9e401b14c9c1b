using System.Collections.Immutable;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;

namespace RdmaPipeline;

/// <summary>Edits of a device's graph.</summary>
public static class GraphEditing
{
    /// <summary>
    /// This description under another preset: how bursts hop, and who runs the shards. Stages that say themselves how bursts get into them
    /// keep that.
    /// </summary>
    /// <param name="graph">The description of a device's graph.</param>
    /// <param name="preset">
    /// The preset. A device that was opened Simulated cannot leave that while it runs, and no other can come to it; several shards cannot
    /// be Fused.
    /// </param>
    public static StageGraphSpec<PacketBurst> WithPreset(this StageGraphSpec<PacketBurst> graph, PipelinePreset preset)
    {
        ArgumentNullException.ThrowIfNull(graph);
        if (!Enum.IsDefined(preset))
        {
            return graph.WithEditError(
                $"There is no preset {(int)preset}; it must be one of {string.Join(", ", Enum.GetNames<PipelinePreset>())}.");
        }

        return graph with
        {
            Preset = preset.ToString(),
            Hop = GraphPresets.HopOf(preset),
            Drivers = graph.Drivers.Keys.ToImmutableSortedDictionary(shard => shard, _ => GraphPresets.DriverOf(preset)),
        };
    }
}
