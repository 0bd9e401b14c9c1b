using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>
/// Everything that happened to packets, in order, with virtual times. The same seed and the same test give the same log, bit for bit.
/// </summary>
public sealed class FabricLog
{
    private const ulong Prime = 0x100000001B3;
    private const int EntryBytes = 128;

    private readonly Queue<FabricLogEntry> _entries = new();
    private readonly VirtualTimeProvider _time;
    private readonly long _capacity;
    private long _bytes;

    internal FabricLog(VirtualTimeProvider time, long capacity) => (_time, _capacity) = (time, capacity);

    /// <summary>Lines so far, those that were forgotten included.</summary>
    public long Count { get; private set; }

    /// <summary>Packets that hosts have sent so far.</summary>
    public long SentPackets { get; internal set; }

    /// <summary>A hash over time, place, event and reason of every line so far, and over all bytes of every packet sent or lost.</summary>
    public ulong Hash { get; private set; } = 0xCBF29CE484222325;

    /// <summary>The lines that are kept, oldest first.</summary>
    public IReadOnlyCollection<FabricLogEntry> Entries => _entries;

    /// <summary>The lines that are kept, as text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var entry in _entries)
            text.AppendLine(entry.ToString());
        return text.ToString();
    }

    internal FabricLogEntry Add(
        FabricNode? node, FabricEvent kind, FabricPacket? packet, DropReason reason = DropReason.None, string detail = "",
        string? stage = null)
    {
        var entry = new FabricLogEntry(++Count, _time.Nanoseconds, node, kind, packet) { Reason = reason, Detail = detail, Stage = stage };
        Mix((ulong)entry.Nanoseconds);
        Mix(((ulong)(node?.Number ?? -1) << 16) | ((ulong)kind << 8) | (ulong)reason);
        Mix((ulong)(packet?.Number ?? 0));
        // What is delivered, and dropped afterwards, is what was sent last.
        if (packet is not null && kind is not FabricEvent.Delivered and not FabricEvent.Dropped)
            Mix(packet.Frame.Span);
        Keep(entry);
        return entry;
    }

    private void Keep(FabricLogEntry entry)
    {
        _entries.Enqueue(entry);
        _bytes += SizeOf(entry);
        while (_bytes > _capacity && _entries.Count > 0)
            _bytes -= SizeOf(_entries.Dequeue());
    }

    private static int SizeOf(FabricLogEntry entry) => EntryBytes + (entry.Packet?.Frame.Length ?? 0);

    private void Mix(ulong value) => Hash = Mix(Hash, value);

    private void Mix(ReadOnlySpan<byte> bytes)
    {
        var hash = Mix(Hash, (ulong)bytes.Length);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes)
            hash = Mix(hash, value);
        Hash = hash;
    }

    // FNV-1a by words; the rotation lets the high bits of a product reach the low ones of the next.
    private static ulong Mix(ulong hash, ulong value) => BitOperations.RotateLeft((hash ^ value) * Prime, 29);
}
