using System.Runtime.CompilerServices;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>Touches registered memory at addresses that the key table resolved. Pinned while registered, so no fixing is needed.</summary>
internal static unsafe class RegisteredMemory
{
    /// <summary>Copies the payload of a packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(nint destination, ReadOnlySpan<byte> payload) =>
        payload.CopyTo(new Span<byte>((void*)destination, payload.Length));

    /// <summary>Swaps 64 bits when they equal the comparand, and gives what stood there (R-RESP-25).</summary>
    public static ulong CompareSwap(nint address, ulong compare, ulong swap) =>
        (ulong)Interlocked.CompareExchange(ref *(long*)address, (long)swap, (long)compare);

    /// <summary>Adds to 64 bits modulo 2^64, and gives what stood there (R-RESP-25).</summary>
    public static ulong FetchAdd(nint address, ulong addend) =>
        unchecked((ulong)Interlocked.Add(ref *(long*)address, (long)addend) - addend);
}
