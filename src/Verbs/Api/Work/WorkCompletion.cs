namespace RdmaPipeline.Verbs;

/// <summary>
/// How one work request ended. Always valid: <see cref="WorkRequestId"/>, <see cref="Status"/>,
/// <see cref="QueuePairNumber"/>, <see cref="VendorError"/>; with an error status nothing else (completion.md 2).
/// </summary>
public readonly record struct WorkCompletion
{
    /// <summary>The identifier given when the request was posted.</summary>
    public ulong WorkRequestId { get; init; }

    /// <summary>Success, or why not.</summary>
    public WorkCompletionStatus Status { get; init; }

    /// <summary>What completed.</summary>
    public WorkCompletionOpcode Opcode { get; init; }

    /// <summary>The queue pair it was posted to.</summary>
    public uint QueuePairNumber { get; init; }

    /// <summary>Bytes received, read, or written by the peer (receives, reads, atomics).</summary>
    public uint ByteLength { get; init; }

    /// <summary>
    /// The peer's 32 bits: the four bytes of the wire read as a big-endian number. Valid with
    /// <see cref="WorkCompletionFlags.WithImmediate"/>.
    /// </summary>
    public uint Immediate { get; init; }

    /// <summary>The key the peer invalidated. Valid with <see cref="WorkCompletionFlags.WithInvalidate"/>.</summary>
    public uint InvalidatedKey { get; init; }

    /// <summary>Which optional fields are valid.</summary>
    public WorkCompletionFlags Flags { get; init; }

    /// <summary>A detail of the error; 0 when there is none.</summary>
    public uint VendorError { get; init; }

    /// <summary>The sender's queue pair (datagrams).</summary>
    public uint SourceQueuePair { get; init; }

    /// <summary>The P_Key index of the message (general services).</summary>
    public ushort PkeyIndex { get; init; }

    /// <summary>The sender's LID (native InfiniBand datagrams).</summary>
    public ushort SourceLid { get; init; }

    /// <summary>The service level (datagrams).</summary>
    public byte ServiceLevel { get; init; }

    /// <summary>Low bits of the destination LID (native InfiniBand datagrams).</summary>
    public byte DestinationPathBits { get; init; }

    /// <summary>Whether the request succeeded.</summary>
    public bool IsSuccess => Status == WorkCompletionStatus.Success;
}
