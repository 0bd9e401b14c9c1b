namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>The transport timer's code (R-REQ-38).</summary>
internal static class TransportTimeout
{
    /// <summary>The largest code, 8796 s.</summary>
    public const int MaxCode = 31;

    private const long UnitNanoseconds = 4096;

    /// <summary>How long to wait, in nanoseconds: 4.096 µs · 2^code, or 0 for code 0, which means for ever.</summary>
    public static long ToNanoseconds(int code) => code == 0 ? 0 : UnitNanoseconds << code;
}
