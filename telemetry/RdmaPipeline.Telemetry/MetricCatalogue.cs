using System.Collections.Immutable;
using A = RdmaPipeline.Telemetry.AttributeNames;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.Telemetry;

/// <summary>Every metric with its kind, unit and attributes: the one place the instruments and the documentation are made from.</summary>
public static class MetricCatalogue
{
    private const string Pipeline = RdmaPipelineTelemetry.PipelineMeterName;
    private const string Backend = RdmaPipelineTelemetry.BackendMeterName;

    /// <summary>All entries.</summary>
    public static ImmutableArray<MetricDescription> All { get; } =
    [
        Stage(M.StageConsumedItems, MetricKind.Counter, "{item}", "Items taken in by a stage."),
        Stage(M.StageConsumedBursts, MetricKind.Counter, "{burst}", "Bursts taken in by a stage."),
        Stage(M.StageProducedItems, MetricKind.Counter, "{item}", "Items given out by a stage."),
        Stage(M.StageProducedBursts, MetricKind.Counter, "{burst}", "Bursts given out by a stage."),
        Stage(M.StageCreatedItems, MetricKind.Counter, "{item}", "Items that began their life in a stage."),
        Stage(M.StageEndedItems, MetricKind.Counter, "{item}", "Items that ended their life in a stage as intended."),
        Stage(M.StageDroppedItems, MetricKind.Counter, "{item}", "Items dropped by a stage.", A.DropReason, A.DropIntentional),
        Stage(M.StageBurstSize, MetricKind.Counter, "{burst}", "Bursts by size, one series per power of two.", A.BurstSizeBound),
        Stage(M.StageQueueSize, MetricKind.UpDownCounter, "{item}", "Items waiting on an input.", A.StagePort, A.LinkSource),
        Stage(M.StageQueueCapacity, MetricKind.UpDownCounter, "{burst}", "Bursts an input may hold.", A.StagePort, A.LinkSource),
        Stage(M.StageQueueDuration, MetricKind.Histogram, "s", "Time a burst waited in front of a stage, sampled."),
        Stage(M.StageProcessDuration, MetricKind.Histogram, "s", "Time a stage worked on a burst, sampled."),
        Stage(M.StageBusyTime, MetricKind.Counter, "s", "Time a stage worked, scaled up from samples."),
        Stage(M.StageBlockedTime, MetricKind.Counter, "s", "Time a stage could not work.", A.BlockedReason),
        Stage(M.StageFaults, MetricKind.Counter, "{fault}", "Exceptions that came out of a stage.", A.ErrorType),
        new(M.LinkRefusedOffers, MetricKind.Counter, "{offer}", Pipeline, "Offers the target postponed or declined.",
            [A.GraphName, A.LinkSource, A.LinkTarget]),
        new(M.GraphRevision, MetricKind.Gauge, "{revision}", Pipeline, "The revision of the running graph.", [A.GraphName]),
        new(M.GraphStageCount, MetricKind.UpDownCounter, "{stage}", Pipeline, "Stages in the running graph.", [A.GraphName]),
        OfBackend(M.BackendIo, "By", "Bytes moved.", A.IoDirection),
        OfBackend(M.BackendPackets, "{packet}", "Packets moved.", A.IoDirection),
        OfBackend(M.BackendCalls, "{call}", "Calls made to move them.", A.IoDirection),
        OfBackend(M.BackendErrors, "{error}", "Errors.", A.IoDirection, A.ErrorType),
        OfBackend(M.BackendDroppedPackets, "{packet}", "Packets the receive ring had no room for.", A.DropReason),
    ];

    /// <summary>The entry of a name.</summary>
    /// <exception cref="ArgumentException">The catalogue has no such metric.</exception>
    public static MetricDescription Find(string name)
    {
        foreach (MetricDescription entry in All)
        {
            if (entry.Name == name)
            {
                return entry;
            }
        }

        throw new ArgumentException($"The catalogue has no metric '{name}'.", nameof(name));
    }

    private static MetricDescription Stage(string name, MetricKind kind, string unit, string description, params string[] more) =>
        new(name, kind, unit, Pipeline, description, [A.GraphName, A.StageName, A.StageType, .. more]);

    private static MetricDescription OfBackend(string name, string unit, string description, params string[] more) =>
        new(name, MetricKind.Counter, unit, Backend, description, [A.BackendType, .. more]);
}
