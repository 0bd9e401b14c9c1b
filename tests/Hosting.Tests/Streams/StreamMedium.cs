namespace RdmaPipeline.HostingTests.Streams;

/// <summary>Two devices that can reach each other: in memory, over UDP, with lost and reordered packets or without.</summary>
public enum StreamMedium
{
    Memory,
    MemoryQueued,
    LossyMemory,
    Udp,
    LossyUdp,
}
