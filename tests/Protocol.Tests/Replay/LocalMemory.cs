using System.Runtime.InteropServices;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>The memory of this side's work requests: each message has a place of its own, so nothing can be right by chance.</summary>
internal sealed class LocalMemory
{
    private readonly byte[] _bytes;
    private readonly int[] _offsets;
    private readonly uint _key;

    /// <param name="lengths">Bytes of each message.</param>
    /// <param name="table">Where to register them all.</param>
    /// <param name="domain">The protection domain.</param>
    public LocalMemory(IReadOnlyList<int> lengths, MemoryRegionTable table, uint domain)
    {
        _offsets = new int[lengths.Count];
        for (var i = 1; i < lengths.Count; i++) _offsets[i] = _offsets[i - 1] + lengths[i - 1];
        _bytes = GC.AllocateArray<byte>(Math.Max(1, lengths.Sum()), pinned: true);
        _key = table.Add(domain, Address(0), (ulong)_bytes.Length, (nint)Address(0), AccessFlags.LocalWrite);
    }

    public Span<byte> Of(int message, uint length) => _bytes.AsSpan(_offsets[message], (int)length);

    public ScatterGatherEntry Entry(int message, uint length) => new(Address(_offsets[message]), length, _key);

    private ulong Address(int offset) => (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, offset);
}
