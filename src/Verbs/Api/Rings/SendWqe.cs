namespace RdmaPipeline.Verbs;

/// <summary>A posted send work request in the send queue.</summary>
internal struct SendWqe
{
    public ulong WorkRequestId;
    public ulong RemoteAddress;
    public ulong CompareAdd;
    public ulong Swap;
    public SendOpcode Opcode;
    public SendFlags Flags;
    public uint Immediate;
    public uint InvalidateKey;
    public uint RemoteKey;
    public uint RemoteSharedReceiveQueue;

    /// <summary>The sum of the entries, or the bytes of inline data; at most 2^31.</summary>
    public uint Length;
    public int EntryCount;
    public bool IsInline;

    /// <summary>Where a datagram goes; null for connected types.</summary>
    public DatagramDestination? Destination;
    public uint RemoteQueuePair;
    public uint RemoteQueueKey;
    public ushort PkeyIndex;
    public FlushPlacement FlushPlacement;
    public FlushSelectivity FlushSelectivity;
    public uint FlushLength;

    /// <summary>When it was posted, in nanoseconds on the device's clock; 0 when it is not one of those that are measured.</summary>
    public long PostedAt;

    /// <summary>What a bind or register does; null for every other opcode.</summary>
    public MemoryOperation? MemoryOperation;
}
