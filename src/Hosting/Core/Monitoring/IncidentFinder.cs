using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Monitoring;

/// <summary>What went wrong between two looks: a pure function of both.</summary>
internal sealed class IncidentFinder(double blockedThreshold)
{
    public IEnumerable<Incident> Between(PipelineSnapshot? before, PipelineSnapshot now) =>
        from device in now.Devices
        let old = before?.Devices.FirstOrDefault(other => other.Name == device.Name)
        from found in Drops(old, device).Concat(Faults(old, device)).Concat(Blockages(old, device))
            .Concat(FailedQueuePairs(old, device)).Concat(PortChanges(old, device))
        select new Incident(now.Time, device.Name, found.Kind, found.Subject, found.Count);

    private static IEnumerable<(IncidentKind Kind, string Subject, long Count)> Drops(DeviceSnapshot? old, DeviceSnapshot now) =>
        from reason in now.Dropped
        let more = reason.Value - (old?.Dropped.GetValueOrDefault(reason.Key) ?? 0)
        where more > 0
        select (IncidentKind.PacketsDropped, reason.Key, more);

    private static IEnumerable<(IncidentKind Kind, string Subject, long Count)> Faults(DeviceSnapshot? old, DeviceSnapshot now) =>
        from stage in now.Graph.Stages
        let more = stage.Faults - (Find(old, stage)?.Faults ?? 0)
        where more > 0
        select (IncidentKind.StageFaulted, stage.Name, more);

    // Told when it begins; while it lasts nothing new happens.
    private IEnumerable<(IncidentKind Kind, string Subject, long Count)> Blockages(DeviceSnapshot? old, DeviceSnapshot now) =>
        from stage in now.Graph.Stages
        where stage.BlockedFraction >= blockedThreshold && !(Find(old, stage)?.BlockedFraction >= blockedThreshold)
        select (IncidentKind.StageBlocked, stage.Name, 1L);

    // Many at once are one incident: a peer that goes away takes all its connections along.
    private static IEnumerable<(IncidentKind Kind, string Subject, long Count)> FailedQueuePairs(DeviceSnapshot? old, DeviceSnapshot now)
    {
        var known = old?.QueuePairs.Where(HasFailed).Select(pair => pair.Number).ToHashSet() ?? [];
        var failed = now.QueuePairs.Where(pair => HasFailed(pair) && !known.Contains(pair.Number)).ToList();
        return failed.Count == 0 ? [] : [(IncidentKind.QueuePairFailed, $"0x{failed[0].Number:x}", failed.Count)];
    }

    private static IEnumerable<(IncidentKind Kind, string Subject, long Count)> PortChanges(DeviceSnapshot? old, DeviceSnapshot now)
    {
        if (old is null || old.PortState == now.PortState)
            return [];
        const string Active = nameof(Verbs.PortState.Active);
        if (now.PortState == Active)
            return [(IncidentKind.PortUp, now.PortState, 1)];
        return old.PortState == Active ? [(IncidentKind.PortDown, now.PortState, 1)] : [];
    }

    private static bool HasFailed(QueuePairSnapshot pair) => pair.State is "ERR" or "SQE";

    private static StageSnapshot? Find(DeviceSnapshot? device, StageSnapshot stage) =>
        device?.Graph.Stages.FirstOrDefault(other => other.Name == stage.Name);
}
