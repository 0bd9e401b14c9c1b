using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

/// <summary>
/// An own policy of acknowledgements, between ack_generator and encode: a plain ACK waits a moment, and when the next one of its queue pair
/// comes meanwhile, that one, being cumulative, answers for both. Everything else, such as a NAK or READ data, sends what waits ahead of
/// it.
/// </summary>
public sealed class LazyAcks(TimeSpan patience) : PacketStage, IHoldingStage<PacketBurst>
{
    private const byte Acknowledge = 0x11;          // RC ACKNOWLEDGE
    private const int Syndrome = 12;                // first byte of the AETH: bits 7 to 5 are 0 in a positive acknowledgement
    private PacketBurst? _waiting;
    private long _due;

    /// <summary>Acknowledgements that another one answered for.</summary>
    public long Saved { get; private set; }

    public QueueSize Held => _waiting is { } burst ? new QueueSize(burst.Count, 1) : default;

    public bool Pump()
    {
        if (_waiting is not null && NowNanoseconds >= _due && TryGiveBack(out var burst))
            Context.Emit(0, burst);
        return false;
    }

    public bool TryGiveBack(out PacketBurst burst)
    {
        burst = _waiting!;
        _waiting = null;
        return burst is not null;
    }

    protected override void Process(ref PacketBurst burst)
    {
        bool isAck = IsSingleAck(burst);
        if (_waiting is { } older && isAck && AreOfOneQueuePair(older, burst))
        {
            Saved++;
            Context.Ended(older.Count);
            older.Release();
            _waiting = null;
        }
        else if (TryGiveBack(out var ahead))
        {
            Context.Emit(0, ahead);
        }
        if (!isAck || Context.IsEnding)
            return;
        _waiting = burst;
        Keep();
        _due = NowNanoseconds + (long)patience.TotalNanoseconds;
        Context.WakeAt(_due);
    }

    private static bool IsSingleAck(PacketBurst burst) =>
        burst.Count == 1 && Header(burst, 0) is [Acknowledge, ..] header && (header[Syndrome] & 0xE0) == 0;

    // The destination stands in bytes 5 to 7 of the BTH.
    private static bool AreOfOneQueuePair(PacketBurst one, PacketBurst other) =>
        one.Path == other.Path && Header(one, 0).Slice(5, 3).SequenceEqual(Header(other, 0).Slice(5, 3));
}
