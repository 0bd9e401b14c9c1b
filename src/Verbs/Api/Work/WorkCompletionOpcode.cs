namespace RdmaPipeline.Verbs;

/// <summary>What completed, with the numbers of the standard; bit 7 marks a receive. Undefined when the status is an error.</summary>
public enum WorkCompletionOpcode
{
    /// <summary>A send, with or without immediate or invalidate.</summary>
    Send = 0,
    /// <summary>An RDMA write, with or without immediate.</summary>
    RdmaWrite = 1,
    /// <summary>An RDMA read.</summary>
    RdmaRead = 2,
    /// <summary>A compare-and-swap.</summary>
    CompareAndSwap = 3,
    /// <summary>A fetch-and-add.</summary>
    FetchAndAdd = 4,
    /// <summary>A memory window bind.</summary>
    BindMemoryWindow = 5,
    /// <summary>A local invalidation.</summary>
    LocalInvalidate = 6,
    /// <summary>A segmentation offload.</summary>
    Tso = 7,
    /// <summary>A flush.</summary>
    Flush = 8,
    /// <summary>An atomic write.</summary>
    AtomicWrite = 9,
    /// <summary>A fast registration.</summary>
    RegisterMemoryRegion = 10,
    /// <summary>A received message.</summary>
    Receive = 128,
    /// <summary>A peer's write with immediate.</summary>
    ReceiveRdmaWithImmediate = 129,
}
