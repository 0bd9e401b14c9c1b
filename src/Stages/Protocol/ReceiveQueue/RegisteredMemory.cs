using System.Runtime.CompilerServices;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>Finds and touches registered memory. It is pinned while registered, so what resolves stays where it is.</summary>
internal static unsafe class RegisteredMemory
{
    /// <summary>Check 7: key, protection domain, access and range of memory that the peer names (R-RESP-10).</summary>
    public static bool TryResolveRemote(
        this QueuePairScope scope, uint key, ulong address, uint length, AccessFlags required, out nint pointer) =>
        scope.Regions.TryResolve(key, true, scope.Context.ProtectionDomain, address, length, required, out pointer) == MemoryKeyFault.None;

    /// <summary>Check 11: a part of an entry of a receive work request.</summary>
    public static bool TryResolveLocal(
        this QueuePairScope scope, in ScatterGatherEntry entry, uint offset, uint length, out nint pointer) =>
        scope.Regions.TryResolve(entry.LocalKey, false, scope.Context.ProtectionDomain, entry.Address + offset, length,
            AccessFlags.LocalWrite, out pointer) == MemoryKeyFault.None;

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
