using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// What a capture file does not say about its run: the attributes that its programs gave their queue pairs, and what became of frames
/// before or behind the tap. The defaults are those of most runs.
/// </summary>
internal sealed record ReplaySetup
{
    private const AccessFlags All =
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    public required string Capture { get; init; }

    /// <summary>What the run did, where this has more than the attributes of queue pairs.</summary>
    public string? Why { get; init; }

    public int PathMtu { get; init; } = 1024;

    /// <summary>The MTU of the port: the largest datagram.</summary>
    public int ActiveMtu { get; init; } = 1024;

    public int Timeout { get; init; } = 17;

    public int RetryCount { get; init; } = 7;

    public int RnrRetry { get; init; } = 7;

    public int MinRnrTimer { get; init; } = 12;

    public int ReadAtomicDepth { get; init; } = 16;

    public bool SharedReceives { get; init; }

    /// <summary>Bytes of the receives of each queue pair in turn; the last value stays.</summary>
    public int[] ReceiveLengths { get; init; } = [64 * 1024];

    /// <summary>Access flags of the queue pairs.</summary>
    public AccessFlags Access { get; init; } = All;

    /// <summary>Access flags of the memory regions.</summary>
    public AccessFlags RegionAccess { get; init; } = All;

    /// <summary>R_Keys that requests name and that no region has.</summary>
    public uint[] UnknownKeys { get; init; } = [];

    /// <summary>R_Keys that stand for memory windows of type 2.</summary>
    public uint[] Windows { get; init; } = [];

    /// <summary>How many bytes of what the last WRITE names lie beyond its region.</summary>
    public int BytesBeyondRegion { get; init; }

    /// <summary>Frames that were dropped behind the tap: the addressed host never saw them.</summary>
    public int[] Dropped { get; init; } = [];

    /// <summary>Datagrams that the addressed queue pair refuses.</summary>
    public int[] Refused { get; init; } = [];

    /// <summary>The programs write to their own memory between the READs of the peer: each READ shows what was there.</summary>
    public bool OwnersWrite { get; init; }

    /// <summary>Packets that were sent and lost before the tap.</summary>
    public UnrecordedPacket[] Unrecorded { get; init; } = [];

    /// <summary>Frames that the addressed host looked at later than it sent some of its own.</summary>
    public DelayedFrame[] Delayed { get; init; } = [];

    /// <summary>The status of the last work request when nothing in the capture tells it.</summary>
    public WorkCompletionStatus? GivenUpWith { get; init; }

    /// <summary>The messages, from 0, that an unreliable connection delivered; null when it was all that came whole.</summary>
    public int[]? Delivered { get; init; }
}

/// <summary>A packet that was lost between its sender and the tap, where it would have stood behind a frame.</summary>
internal sealed record UnrecordedPacket(int Behind, Opcode Opcode, uint Psn);

/// <summary>A frame that was looked at only after the host had sent another.</summary>
internal sealed record DelayedFrame(int Frame, int Behind);
