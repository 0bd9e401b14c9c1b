using A = RdmaPipeline.Telemetry.AttributeNames;
using B = RdmaPipeline.Telemetry.MetricBoundaries;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.Telemetry;

/// <content>Back-ends, and what a device holds.</content>
public static partial class MetricCatalogue
{
    private static IEnumerable<MetricDescription> Backends()
    {
        MetricDescription[] entries =
        [
            Counter(M.BackendIo, "By", "Bytes of the frames handed to or taken from the medium.", A.IoDirection),
            Counter(M.BackendPackets, "{packet}", "Packets handed to or taken from the medium.", A.IoDirection),
            Counter(M.BackendCalls, "{call}", "System calls made for it; a medium in memory makes none.", A.IoDirection),
            Histogram(M.BackendBatchSize, "{packet}", B.Count, "Packets handed over or taken at a time, sampled.", A.IoDirection),
            Counter(M.BackendErrors, "{error}", "Calls that failed.", A.IoDirection, A.ErrorType),
            Counter(M.BackendDroppedPackets, "{packet}", "Packets lost in the back-end.", A.DropReason),
        ];
        return entries.Select(entry => entry with
        {
            Section = "Back-ends",
            Scope = RdmaPipelineTelemetry.BackendMeterName,
            Attributes = [A.BackendType, .. entry.Attributes],
        });
    }

    private static IEnumerable<MetricDescription> Devices() => Section("Devices", [
        Counter(M.LinkDowns, "{event}", "Times the link was found to have gone down."),
        UpDown(M.QpCount, "{queue_pair}", "Queue pairs.", A.QueuePairState, A.Transport),
        UpDown(M.CqDepth, "{completion}", "Completions that wait to be polled, in all completion queues."),
        Counter(M.CqOverruns, "{overrun}", "Completion queues that lost a completion for want of room."),
        UpDown(M.MrCount, "{region}", "Registered memory regions."),
        UpDown(M.MrSize, "By", "Bytes of the registered memory regions."),
        UpDown(M.BufferPoolUsage, "{burst}", "Bursts in use."),
        UpDown(M.BufferPoolLimit, "{burst}", "Bursts that the pools hold; they grow when all are in use."),
    ]);
}
