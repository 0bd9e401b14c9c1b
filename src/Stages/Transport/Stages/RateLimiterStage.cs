using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Lets packets through at a rate: what is too early waits, in order, and the wait is backpressure for whatever is in front. Its time
/// counts as blocked for the reason <c>rate_limit</c>. A burst larger than what may leave at once waits for a full bucket and leaves it in
/// debt. When the stage is taken out, nothing waits any longer.
/// </summary>
public sealed class RateLimiterStage : PacketStage
{
    private const int FramingBytes = 4;

    private readonly bool _limitsBytes;
    private readonly bool _limitsPackets;
    private TokenBucket _bytes;
    private TokenBucket _packets;

    /// <summary>Makes a rate limiter.</summary>
    /// <param name="limit">The rate. Each shard's instance keeps to it by itself.</param>
    /// <exception cref="ArgumentException">A rate or size is out of range, or there is no rate.</exception>
    public RateLimiterStage(RateLimit limit)
    {
        ArgumentNullException.ThrowIfNull(limit);
        limit.Validate();
        _limitsBytes = limit.BitsPerSecond > 0;
        _limitsPackets = limit.PacketsPerSecond > 0;
        _bytes = new TokenBucket(limit.BitsPerSecond / 8, limit.BurstBytes);
        _packets = new TokenBucket(limit.PacketsPerSecond, limit.BurstPackets);
    }

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        long now = NowNanoseconds;
        double bytes = _limitsBytes ? BytesOf(burst) : 0;
        long wait = Math.Max(
            _limitsBytes ? _bytes.WaitFor(bytes, now) : 0, _limitsPackets ? _packets.WaitFor(burst.Count, now) : 0);
        if (wait > 0 && !Context.IsEnding)
        {
            Context.WakeAt(now + wait);
            Defer(burst, BlockedReason.RateLimit);
            return;
        }
        if (_limitsBytes)
            _bytes.Take(bytes);
        if (_limitsPackets)
            _packets.Take(burst.Count);
    }

    private static long BytesOf(PacketBurst burst)
    {
        long bytes = 0;
        foreach (ref readonly var packet in burst.Packets.AsSpan(0, burst.Count))
        {
            bytes += burst.State == BurstStage.Unencoded
                ? packet.HeaderLength + packet.PayloadLength + packet.PadCount + FramingBytes
                : packet.FrameLength;
        }
        return bytes;
    }
}
