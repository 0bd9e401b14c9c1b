namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>What an observer keeps of its last look at a device: the snapshot, and all queue pairs, also those that it left out.</summary>
internal sealed record DeviceSight(DeviceSnapshot Snapshot, IReadOnlyDictionary<uint, QueuePairSummary> QueuePairs);
