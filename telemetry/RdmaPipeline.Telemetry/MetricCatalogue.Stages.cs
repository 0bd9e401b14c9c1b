using A = RdmaPipeline.Telemetry.AttributeNames;
using B = RdmaPipeline.Telemetry.MetricBoundaries;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.Telemetry;

/// <content>Stages, links and graphs.</content>
public static partial class MetricCatalogue
{
    private static IEnumerable<MetricDescription> Stages()
    {
        MetricDescription[] ofStage =
        [
            Counter(M.StageConsumedItems, "{item}", "Items taken in by a stage: of those that failed some or all were dropped.", A.Outcome),
            Counter(M.StageConsumedBursts, "{burst}", "Bursts taken in by a stage; items by bursts is the batching."),
            Counter(M.StageProducedItems, "{item}", "Items given out by a stage."),
            Counter(M.StageProducedBursts, "{burst}", "Bursts given out by a stage."),
            Counter(M.StageCreatedItems, "{item}", "Items that began their life in a stage."),
            Counter(M.StageEndedItems, "{item}", "Items that ended their life in a stage as intended."),
            Counter(M.StageDroppedItems, "{item}", "Items dropped by a stage.", A.DropReason, A.DropIntentional),
            Histogram(M.StageBurstSize, "{item}", B.Count, "Items in a burst taken in or created, sampled."),
            UpDown(M.StageQueueSize, "{item}", "Items waiting on an input.", A.StagePort, A.LinkSource),
            UpDown(M.StageQueueCapacity, "{burst}", "Bursts an input may hold.", A.StagePort, A.LinkSource),
            Histogram(M.StageQueueDuration, "s", B.Local, "Time a burst waited in front of a stage, sampled."),
            Histogram(M.StageProcessDuration, "s", B.Local, "Time a stage worked on a burst, sampled."),
            Counter(M.StageBusyTime, "s", "Time a stage worked, scaled up from samples; its rate is the utilization."),
            Counter(M.StageBlockedTime, "s",
                "Time a stage could not work. Window, credit, rnr_timer and fence are told by queue pairs that have work requests to send, "
                + "and add up over them: ten that wait a second are ten seconds.",
                A.BlockedReason),
            Counter(M.StageFaults, "{fault}", "Exceptions that came out of a stage.", A.ErrorType),
        ];
        MetricDescription[] ofGraph =
        [
            Counter(M.LinkRefusedOffers, "{offer}", "Offers the target of a link postponed or declined.", A.LinkSource, A.LinkTarget),
            Gauge(M.GraphRevision, "{revision}", "The revision of the running graph."),
            UpDown(M.GraphStageCount, "{stage}", "Stages in the running graph."),
            Counter(M.GraphReconfigurations, "{reconfiguration}", "Changes of a running graph, attempts included.",
                A.ReconfigurationOutcome),
            Histogram(M.GraphReconfigurationDuration, "s", B.Local, "Time a change of a running graph took, from call to end.",
                A.ReconfigurationOutcome),
            Counter(M.GraphDisposalFaults, "{fault}", "Exceptions that came out of stages when they were disposed.", A.ErrorType),
        ];
        return ofStage.Select(entry => entry with { Attributes = [A.StageName, A.StageType, .. entry.Attributes] })
            .Concat(ofGraph)
            .Select(entry => entry with
            {
                Section = "Stages, links and graphs",
                Scope = RdmaPipelineTelemetry.PipelineMeterName,
                Attributes = [A.GraphName, .. entry.Attributes],
            });
    }
}
