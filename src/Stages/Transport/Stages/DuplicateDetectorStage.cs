using System.Buffers.Binary;
using System.Numerics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Notices packets that were seen before: the same BTH between the same addresses, among the last so many. By default it counts them and
/// passes them on. It may drop them where nobody sends a packet twice on purpose, as with datagrams; a reliable connection does when an
/// acknowledgement was lost, and would wait for it in vain.
/// </summary>
public sealed class DuplicateDetectorStage : PacketStage
{
    private readonly HashSet<ulong> _seen;
    private readonly ulong[] _order;
    private readonly bool _drops;
    private int _next;
    private long _duplicates;

    /// <summary>Makes a detector.</summary>
    /// <param name="window">Packets it remembers: 1 to 1 048 576.</param>
    /// <param name="drop">Drop duplicates, as <see cref="DropReason.Duplicate"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window is out of range.</exception>
    public DuplicateDetectorStage(int window = 4096, bool drop = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, 1 << 20);
        _seen = new HashSet<ulong>(window + 1);
        _order = new ulong[window];
        _drops = drop;
    }

    /// <summary>Packets that had been seen before. Any thread.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates);

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        ulong duplicates = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            if (IsDuplicate(burst, i))
                duplicates |= 1UL << i;
        }
        _duplicates += BitOperations.PopCount(duplicates);
        if (_drops && duplicates != 0)
            Drop(ref burst, duplicates, DropReason.Duplicate);
    }

    private bool IsDuplicate(PacketBurst burst, int index)
    {
        var header = Header(burst, index);
        if (header.Length < Bth.Length)
            return false;
        ulong mark = MarkOf(header, burst.Path);
        if (!_seen.Add(mark))
            return true;
        _seen.Remove(_order[_next]);
        _order[_next] = mark;
        _next = _next + 1 == _order.Length ? 0 : _next + 1;
        return false;
    }

    // Without the byte of the congestion bits, which a switch may change on the way. 0 stands for nothing.
    private static ulong MarkOf(ReadOnlySpan<byte> header, in FlowPath path)
    {
        ulong pair = BinaryPrimitives.ReadUInt32BigEndian(header[4..]) & 0xFF_FFFF;
        ulong mark = StageRandom.Mix(((ulong)BinaryPrimitives.ReadUInt32BigEndian(header) << 32) | pair);
        mark = StageRandom.Mix(mark ^ BinaryPrimitives.ReadUInt32BigEndian(header[8..]));
        mark = StageRandom.Mix(mark ^ (ulong)path.Source ^ (ulong)(path.Source >> 64) ^ path.SourceLid);
        mark = StageRandom.Mix(mark ^ (ulong)path.Destination ^ (ulong)(path.Destination >> 64) ^ path.DestinationLid);
        return mark | 1;
    }
}
