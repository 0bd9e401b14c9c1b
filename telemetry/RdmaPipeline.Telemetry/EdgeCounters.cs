using System.Runtime.InteropServices;

namespace RdmaPipeline.Telemetry;

/// <summary>An edge's counters. The two ends may belong to two shards, so each end has its own cache lines.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct EdgeCounters
{
    [FieldOffset(64)] public long ProducedItems;
    [FieldOffset(72)] public long ProducedBursts;
    [FieldOffset(80)] public long RefusedOffers;
    [FieldOffset(88)] public long FirstTicks;
    [FieldOffset(160)] public long ConsumedItems;
    [FieldOffset(168)] public long ConsumedBursts;
}
