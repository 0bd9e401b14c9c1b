using System.Runtime.InteropServices;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// A stage's counters on cache lines of their own (64 bytes of padding on either side), so that readers never slow a neighbour.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StageCounters
{
    [FieldOffset(64)] public long SucceededItems;
    [FieldOffset(72)] public long ConsumedBursts;
    [FieldOffset(80)] public long ProducedItems;
    [FieldOffset(88)] public long ProducedBursts;
    [FieldOffset(96)] public long CreatedItems;
    [FieldOffset(104)] public long EndedItems;
    [FieldOffset(112)] public long DroppedItems;
    [FieldOffset(120)] public long Faults;
    [FieldOffset(128)] public long BusyTicks;
    [FieldOffset(136)] public long BlockedSince;
    [FieldOffset(144)] public long QueuedItems;
    [FieldOffset(152)] public long FailedItems;
    [FieldOffset(160)] public long DroppedBefore;
}
