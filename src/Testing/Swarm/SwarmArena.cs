using System.Runtime.InteropServices;
using RdmaPipeline.Testing.Model;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>A region of memory, real and modelled, cut into slots that are used over and over.</summary>
internal sealed class SwarmArena
{
    private readonly byte[] _bytes;
    private readonly SplitMix _random;
    private readonly Queue<int> _free;

    public SwarmArena(SwarmDevice device, int slots, int slotLength, AccessFlags access)
    {
        _random = device.Random;
        SlotLength = slotLength;
        _bytes = GC.AllocateArray<byte>(slots * slotLength, pinned: true);
        PatternGenerator.Fill(_bytes, _random.Next());
        Region = device.Domain.RegisterMemory(_bytes, access, device.NextAddress(_bytes.Length));
        Model = device.Model.Add(_bytes);
        Key = device.Model.Register(Region, Model);
        _free = new Queue<int>(Enumerable.Range(0, slots));
    }

    public MemoryRegion Region { get; }

    public ModelMemory Model { get; }

    public ModelKey Key { get; }

    public int SlotLength { get; }

    public int Length => _bytes.Length;

    public bool TryTake(out int slot) => _free.TryDequeue(out slot);

    /// <summary>Gives a slot back. Its owner overwrites it: whoever writes there now is found out (R-CQ-23).</summary>
    public void Return(int slot)
    {
        Fill(slot * SlotLength, SlotLength);
        _free.Enqueue(slot);
    }

    public void Fill(int offset, int length)
    {
        var data = new byte[length];
        PatternGenerator.Fill(data, _random.Next());
        Model.Write(offset, data);
    }

    public ReadOnlySpan<byte> Bytes(int offset, int length) => _bytes.AsSpan(offset, length);

    public MemoryPiece Piece(int offset, int length) => new(Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0) + offset, (ulong)length);

    /// <summary>Consecutive pieces, some of them empty (R-REQ-11).</summary>
    public ScatterGatherEntry[] Split(int offset, int length, int most)
    {
        var entries = new ScatterGatherEntry[length == 0 && _random.Chance(50) ? 0 : _random.Between(1, most)];
        for (var i = 0; i < entries.Length; i++)
        {
            var size = i == entries.Length - 1 ? length : _random.Chance(20) ? 0 : _random.Below(length + 1);
            entries[i] = Region.Entry((ulong)offset, (ulong)size);
            offset += size;
            length -= size;
        }

        return entries;
    }
}
