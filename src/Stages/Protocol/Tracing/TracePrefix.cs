using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>
/// The bytes in front of each SEND of a connection whose ends have agreed on them: the trace that the message belongs to, or that it
/// belongs to none. They are part of the message on the wire and of nothing else: no length that a user sees counts them. Layout: four
/// bytes <c>RdT1</c>, one that is 1 where a trace follows and else 0, the trace flags, two of 0, 16 of trace id, 8 of span id.
/// </summary>
internal sealed class TracePrefix
{
    /// <summary>Bytes in front of a message.</summary>
    public const int Length = 32;

    private const int MarkOffset = 4;

    private readonly byte[] _slots;
    private readonly nint _address;
    private readonly int _mask;

    /// <summary>Makes room.</summary>
    /// <param name="slots">Messages that may be on the way, a power of two.</param>
    public unsafe TracePrefix(int slots)
    {
        // Packets refer to it as they do to the user's memory.
        _slots = GC.AllocateArray<byte>(slots * Length, pinned: true);
        _address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_slots));
        _mask = slots - 1;
    }

    /// <summary>The last one received.</summary>
    public byte[] Received { get; } = new byte[Length];

    /// <summary>The message is known whose prefix was received last: the next brings its own.</summary>
    public void Forget() => Received[MarkOffset] = 0;

    private static ReadOnlySpan<byte> Magic => "RdT1"u8;

    /// <summary>Where the prefix of a work request lies.</summary>
    public nint AddressOf(long request) => _address + (nint)((request & _mask) * Length);

    /// <summary>Begins the prefix of a work request: no trace.</summary>
    public Span<byte> Begin(long request)
    {
        var slot = _slots.AsSpan((int)(request & _mask) * Length, Length);
        slot.Clear();
        Magic.CopyTo(slot);
        return slot;
    }

    /// <summary>Says that a trace has been written behind the first eight bytes.</summary>
    public static void Mark(Span<byte> prefix) => prefix[MarkOffset] = 1;

    /// <summary>Whether a received prefix names a trace.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> prefix) => prefix.StartsWith(Magic) && prefix[MarkOffset] == 1;
}
