using System.Runtime.InteropServices;
using RdmaPipeline.FuzzTests.Engine;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>
/// The memory of one end: areas with guard bytes on both sides. Used again for each input. Some areas may be written; the guards and the
/// other areas must never change, whatever the peer sends.
/// </summary>
internal sealed unsafe class MemoryArena
{
    /// <summary>Bytes of each area.</summary>
    public const int AreaLength = 4096;

    /// <summary>The first area that must never change; besides, its bytes must never be sent.</summary>
    public const int ForeignArea = FirstUntouchable;

    /// <summary>All areas.</summary>
    public const int Areas = 6;

    /// <summary>The areas from here on must never change.</summary>
    public const int FirstUntouchable = 4;

    private const int GuardLength = 512;
    private const byte GuardByte = 0xA5;
    private const byte ForeignByte = 0x3D;
    private const byte UntouchableByte = 0x5C;

    private static readonly byte[] GuardBytes = [.. Enumerable.Repeat(GuardByte, 8)];
    private static readonly byte[] ForeignBytes = [.. Enumerable.Repeat(ForeignByte, 8)];

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(GuardLength + (Areas * (AreaLength + GuardLength)), pinned: true);

    public MemoryArena() => Array.Fill(_bytes, GuardByte);

    /// <summary>Bytes that only stand outside all areas.</summary>
    public static ReadOnlySpan<byte> GuardRun => GuardBytes;

    /// <summary>Bytes that only stand in the area of the other domain.</summary>
    public static ReadOnlySpan<byte> ForeignRun => ForeignBytes;

    /// <summary>The first byte of an area.</summary>
    public nint this[int area] => Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, Offset(area));

    /// <summary>Makes it as it was in the beginning.</summary>
    public void Renew()
    {
        for (var area = 0; area < Areas; area++)
            _bytes.AsSpan(Offset(area), AreaLength).Fill(FillOf(area));
    }

    /// <summary>Does what must never happen: writes a byte behind the first area.</summary>
    public void Overrun() => _bytes[Offset(0) + AreaLength] = 0;

    /// <summary>Nothing was written where nothing may be.</summary>
    public void Check()
    {
        for (var area = 0; area <= Areas; area++)
        {
            var guard = _bytes.AsSpan(Offset(area) - GuardLength, GuardLength);
            var at = guard.IndexOfAnyExcept(GuardByte);
            if (at < 0) continue;
            guard.Fill(GuardByte);
            throw new FuzzFailureException($"a byte outside all regions was written, {GuardLength - at} before area {area}");
        }

        for (var area = FirstUntouchable; area < Areas; area++)
        {
            var at = _bytes.AsSpan(Offset(area), AreaLength).IndexOfAnyExcept(FillOf(area));
            if (at >= 0) throw new FuzzFailureException($"byte {at} of area {area} was written, which nobody may write");
        }
    }

    private static byte FillOf(int area) => area < FirstUntouchable ? (byte)area : area == ForeignArea ? ForeignByte : UntouchableByte;

    private static int Offset(int area) => GuardLength + (area * (AreaLength + GuardLength));
}
