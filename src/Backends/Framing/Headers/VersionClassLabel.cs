using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>The first word that IPv6 and GRH share: version 6, traffic class, flow label.</summary>
internal static class VersionClassLabel
{
    public const int Version = 6;
    public const uint LabelMask = 0xF_FFFF;
    private const int ClassShift = 20;
    private const int VersionShift = 28;

    public static uint CheckedLabel(uint value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, LabelMask, "FlowLabel");
        return value;
    }

    public static (byte TrafficClass, uint FlowLabel) Read(ReadOnlySpan<byte> source)
    {
        var word = BinaryPrimitives.ReadUInt32BigEndian(source);
        return ((byte)(word >> ClassShift), word & LabelMask);
    }

    public static void Write(Span<byte> destination, byte trafficClass, uint flowLabel) =>
        BinaryPrimitives.WriteUInt32BigEndian(destination,
            ((uint)Version << VersionShift) | ((uint)trafficClass << ClassShift) | flowLabel);
}
