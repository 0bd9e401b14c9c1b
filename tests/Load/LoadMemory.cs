using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests;

/// <summary>
/// The memory of all ends of a side in one region. Between any two areas lies a guard whose bytes nobody may change.
/// </summary>
internal sealed class LoadMemory : IDisposable
{
    /// <summary>Receives an end keeps posted.</summary>
    public const int Receives = 4;

    private const AccessFlags FullAccess =
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    private const int Guard = 64;
    private const ulong GuardPattern = 0xF00D;

    private readonly MemoryRegion _region;
    private readonly int _area;
    private readonly int _slot;

    public LoadMemory(ProtectionDomain domain, int ends, int maxMessage)
    {
        _area = (maxMessage + Guard - 1) / Guard * Guard;
        _slot = Areas * (_area + Guard);
        _region = domain.AllocateMemory(ends * _slot + Guard, FullAccess);
        for (long offset = 0; offset < (long)_region.Length; offset += _area + Guard)
            PatternGenerator.Fill(At(offset, Guard), GuardPattern, offset);
    }

    public ulong Address => _region.Address;

    public uint RemoteKey => _region.RemoteKey;

    // Source, sink, counter, target, receives.
    private static int Areas => 4 + Receives;

    public long Source(int end) => Offset(end, 0);

    public long Sink(int end) => Offset(end, 1);

    /// <summary>Where the peer's atomics go.</summary>
    public long Counter(int end) => Offset(end, 2);

    /// <summary>Where the peer's writes go.</summary>
    public long Target(int end) => Offset(end, 3);

    public long Receive(int end, int slot) => Offset(end, 4 + slot);

    public Span<byte> At(long offset, int length) => _region.AsSpan((ulong)offset, length);

    public ScatterGatherEntry Entry(long offset, int length) => _region.Entry((ulong)offset, (ulong)length);

    /// <summary>Guards that somebody has written to.</summary>
    public int CountBrokenGuards()
    {
        int broken = 0;
        for (long offset = 0; offset < (long)_region.Length; offset += _area + Guard)
        {
            if (PatternGenerator.FindMismatch(At(offset, Guard), GuardPattern, offset) >= 0)
                broken++;
        }
        return broken;
    }

    public void Dispose() => _region.Dispose();

    private long Offset(int end, int area) => (long)end * _slot + (long)area * (_area + Guard) + Guard;
}
