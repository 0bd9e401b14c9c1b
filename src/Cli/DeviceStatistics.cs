using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli;

/// <summary>What <c>--stat</c> tells of one device.</summary>
/// <param name="Counters">The counters of Linux Soft-RoCE by their names.</param>
/// <param name="Mlx5">Those of mlx5 adapters that apply.</param>
/// <param name="Dropped">Dropped packets by reason.</param>
public sealed record DeviceStatistics(
    IReadOnlyDictionary<string, long> Counters, IReadOnlyDictionary<string, long> Mlx5, IReadOnlyDictionary<string, long> Dropped)
{
    /// <summary>The statistics of each device, by its name.</summary>
    public static IReadOnlyDictionary<string, DeviceStatistics> Of(params IEnumerable<RdmaDevice> devices) =>
        devices.ToDictionary(device => device.Name, Of);

    /// <summary>The lines for a person: every counter, and the reasons for which something was dropped.</summary>
    public static IEnumerable<string> Lines(IReadOnlyDictionary<string, DeviceStatistics> statistics)
    {
        foreach (var (device, counted) in statistics)
        {
            yield return $"counters of {device}";
            foreach (var line in Table(counted.Counters)) yield return line;
            yield return $"counters of {device} under the names of mlx5";
            foreach (var line in Table(counted.Mlx5)) yield return line;
            yield return $"packets dropped by {device}: {counted.Dropped.Values.Sum()}";
            foreach (var line in Table(counted.Dropped.Where(reason => reason.Value != 0))) yield return line;
        }
    }

    private static DeviceStatistics Of(RdmaDevice device)
    {
        var pipeline = device.GetPipeline();
        return new(pipeline.HardwareCounters, pipeline.AdapterCounters, pipeline.DroppedPackets);
    }

    private static IEnumerable<string> Table(IEnumerable<KeyValuePair<string, long>> values) =>
        values.Select(value => $"  {value.Key,-30} {value.Value,14}");
}
