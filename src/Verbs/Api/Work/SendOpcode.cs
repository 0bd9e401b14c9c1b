namespace RdmaPipeline.Verbs;

/// <summary>What a send work request does, with the numbers of the standard (verbs.md 7).</summary>
public enum SendOpcode
{
    /// <summary>Writes into the peer's memory; the peer is not told.</summary>
    RdmaWrite = 0,
    /// <summary>Writes into the peer's memory and completes one of its receives with 32 bits of immediate data.</summary>
    RdmaWriteWithImmediate = 1,
    /// <summary>Sends a message into a receive of the peer.</summary>
    Send = 2,
    /// <summary>Sends a message with 32 bits of immediate data.</summary>
    SendWithImmediate = 3,
    /// <summary>Reads the peer's memory.</summary>
    RdmaRead = 4,
    /// <summary>Compares and swaps 64 bits in the peer's memory.</summary>
    CompareAndSwap = 5,
    /// <summary>Adds to 64 bits in the peer's memory.</summary>
    FetchAndAdd = 6,
    /// <summary>Invalidates a key of this device.</summary>
    LocalInvalidate = 7,
    /// <summary>Binds a memory window.</summary>
    BindMemoryWindow = 8,
    /// <summary>Sends a message and invalidates a key of the peer.</summary>
    SendWithInvalidate = 9,
    /// <summary>TCP segmentation offload (datagram and raw packets).</summary>
    Tso = 10,
    /// <summary>Reads and invalidates a local key (not on InfiniBand).</summary>
    RdmaReadWithInvalidate = 11,
    /// <summary>Makes earlier writes of a range globally visible or persistent.</summary>
    Flush = 14,
    /// <summary>Writes 8 bytes atomically.</summary>
    AtomicWrite = 15,
    /// <summary>Registers a fast-registration memory region.</summary>
    RegisterMemoryRegion = 0x20,
}
