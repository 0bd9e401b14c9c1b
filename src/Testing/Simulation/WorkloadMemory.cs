using System.Runtime.InteropServices;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// The memory of one queue pair's owner: slots between gaps, registered as one region, and beside it a model of what every byte must be
/// in the end. The model is made of patterns and rules only, never of what was received.
/// </summary>
internal sealed class WorkloadMemory(ulong gapSeed)
{
    private const int Gap = 24;
    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind | Remote;

    /// <summary>All that a peer can be allowed.</summary>
    public const AccessFlags Remote = AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private readonly List<(int Offset, int Length, ulong Seed)> _initial = [];
    private readonly List<(int Offset, int Length, ulong Seed, int PatternOffset)> _expected = [];
    private readonly List<(int Offset, ulong Value)> _words = [];
    private byte[] _bytes = [];
    private int _length;

    public MemoryRegion Region { get; private set; } = null!;

    /// <summary>A slot between gaps.</summary>
    public int Allocate(int length, int alignment = 1)
    {
        var offset = (_length + Gap + alignment - 1) & -alignment;
        _length = offset + length;
        return offset;
    }

    /// <summary>A slot holds a pattern from the beginning.</summary>
    public void Begin(int offset, int length, ulong seed) => _initial.Add((offset, length, seed));

    /// <summary>A slot holds a pattern in the end; later expectations overwrite earlier ones.</summary>
    public void Expect(int offset, int length, ulong seed, int patternOffset = 0) => _expected.Add((offset, length, seed, patternOffset));

    /// <summary>Eight bytes hold a number, in host order, in the end.</summary>
    public void ExpectWord(int offset, ulong value) => _words.Add((offset, value));

    public void Register(ProtectionDomain domain, ulong iova)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(_length + Gap, pinned: true);
        Write(_bytes, withExpected: false);
        Region = domain.RegisterMemory(_bytes, All, iova);
    }

    public Span<byte> Slot(int offset, int length) => _bytes.AsSpan(offset, length);

    public ScatterGatherEntry Entry(int offset, int length) => Region.Entry((ulong)offset, (ulong)length);

    /// <summary>A slot as a fast registration maps it.</summary>
    public MemoryPiece Piece(int offset, int length) => new(Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0) + offset, (ulong)length);

    /// <summary>Consecutive pieces of a slot, some of them empty (R-REQ-11).</summary>
    public ScatterGatherEntry[] Split(SplitMix random, int offset, int length, int most)
    {
        if (length == 0 && random.Chance(50)) return [];
        var entries = new ScatterGatherEntry[random.Chance(50) ? 1 : random.Between(1, most)];
        for (var i = 0; i < entries.Length; i++)
        {
            var size = i == entries.Length - 1 ? length : random.Chance(20) ? 0 : random.Below(length + 1);
            entries[i] = Entry(offset, size);
            offset += size;
            length -= size;
        }

        return entries;
    }

    /// <summary>The first byte that is not what it must be in the end, or −1.</summary>
    public int FindMismatch()
    {
        var model = new byte[_bytes.Length];
        Write(model, withExpected: true);
        var common = model.AsSpan().CommonPrefixLength(_bytes);
        return common == model.Length ? -1 : common;
    }

    private void Write(byte[] image, bool withExpected)
    {
        PatternGenerator.Fill(image, gapSeed);
        foreach (var (offset, length, seed) in _initial) PatternGenerator.Fill(image.AsSpan(offset, length), seed);
        if (!withExpected) return;
        foreach (var (offset, length, seed, start) in _expected) PatternGenerator.Fill(image.AsSpan(offset, length), seed, start);
        foreach (var (offset, value) in _words) BitConverter.TryWriteBytes(image.AsSpan(offset), value);
    }
}
