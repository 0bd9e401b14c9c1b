namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>The 32 codes of the RNR timer (R-REQ-43).</summary>
internal static class RnrTimer
{
    /// <summary>The largest code. Code 0, not this one, is the longest wait.</summary>
    public const int MaxCode = 31;

    private const long TenMicroseconds = 10_000;

    /// <summary>Waits in units of 10 µs, by code.</summary>
    private static ReadOnlySpan<int> Waits =>
    [
        65536, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192,
        256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152,
    ];

    /// <summary>How long the requester waits at least, in nanoseconds.</summary>
    /// <param name="code">The low five bits of the syndrome of an RNR NAK.</param>
    public static long ToNanoseconds(int code) => Waits[code] * TenMicroseconds;
}
