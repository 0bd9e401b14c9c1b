using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends;

/// <summary>
/// What a back-end did, in absolute numbers since it was opened. Plain fields written by the back-end's shard, or, where several
/// senders meet, by interlocked addition; read by anyone.
/// </summary>
public sealed class BackendCounters
{
    private static readonly int ReasonCount = Enum.GetValues<DropReason>().Length;
    private readonly long[] _drops = new long[ReasonCount];
    private readonly FrameCodec _codec;
    private long _droppedByKernel;
    private long _parks;
    private long _waitCalls;
    private long _wakeCalls;

    /// <summary>Makes counters at zero.</summary>
    /// <param name="codec">The back-end's codec, which keeps the ICRC verdicts.</param>
    public BackendCounters(FrameCodec codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        _codec = codec;
    }

    /// <summary>Outgoing traffic.</summary>
    public DirectionCounters Sent { get; } = new();

    /// <summary>Incoming traffic.</summary>
    public DirectionCounters Received { get; } = new();

    /// <summary>ICRC verdicts on received packets.</summary>
    public IcrcVerdicts Icrc => _codec.Verdicts;

    /// <summary>Times the driver was parked.</summary>
    public long Parks => Volatile.Read(ref _parks);

    /// <summary>System calls made to wait for traffic.</summary>
    public long WaitCalls => Volatile.Read(ref _waitCalls);

    /// <summary>System calls made to end a wait, or to clear such a signal.</summary>
    public long WakeCalls => Volatile.Read(ref _wakeCalls);

    /// <summary>All system calls of the data path: send, receive, wait, wake.</summary>
    public long SystemCalls => Sent.Calls + Received.Calls + WaitCalls + WakeCalls;

    /// <summary>Packets lost in the back-end, by reason.</summary>
    /// <param name="reason">The reason.</param>
    /// <returns>Packets since the back-end was opened.</returns>
    public long Dropped(DropReason reason) => Volatile.Read(ref _drops[(int)reason]);

    /// <summary>
    /// Of those lost as <see cref="DropReason.QueueFull"/>, what the operating system had no room for in front of the back-end
    /// (SO_RXQ_OVFL): told with the next packet that arrives. The others the back-end's own ring had no room for.
    /// </summary>
    public long DroppedByKernel => Volatile.Read(ref _droppedByKernel);

    /// <summary>Packets lost in the back-end for any reason.</summary>
    public long TotalDropped
    {
        get
        {
            long sum = 0;
            for (var i = 0; i < _drops.Length; i++)
                sum += Volatile.Read(ref _drops[i]);
            return sum;
        }
    }

    /// <summary>Counts lost packets. Any thread.</summary>
    /// <param name="reason">Why; <see cref="DropReason.None"/> is no reason.</param>
    /// <param name="packets">How many.</param>
    public void Drop(DropReason reason, int packets) => Interlocked.Add(ref _drops[(int)reason], packets);

    /// <summary>Counts packets that the operating system has lost. Shard only.</summary>
    /// <param name="packets">How many.</param>
    public void DropInKernel(int packets)
    {
        Drop(DropReason.QueueFull, packets);
        Volatile.Write(ref _droppedByKernel, _droppedByKernel + packets);
    }

    /// <summary>Counts a parked driver. Shard only.</summary>
    public void CountPark() => _parks++;

    /// <summary>Counts a system call that waits. Shard only.</summary>
    public void CountWait() => _waitCalls++;

    /// <summary>Counts a system call that ends a wait or clears its signal. Any thread.</summary>
    public void CountWake() => Interlocked.Increment(ref _wakeCalls);
}
