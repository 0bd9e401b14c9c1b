using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>Finds and touches registered memory. It is pinned while registered, so what resolves stays where it is.</summary>
internal static unsafe class RegisteredMemory
{
    /// <summary>Check 7: key, protection domain, access and range of memory that the peer names (R-RESP-10), by region or window.</summary>
    public static bool TryResolveRemote(
        this QueuePairScope scope, uint key, ulong address, uint length, AccessFlags required, out nint pointer, out ulong piece) =>
        scope.TryResolveRemote(scope.RemoteDomain, key, address, length, required, out pointer, out piece);

    /// <summary>Check 7 in the protection domain of an earlier request.</summary>
    public static bool TryResolveRemote(this QueuePairScope scope, uint domain, uint key, ulong address, uint length, AccessFlags required,
        out nint pointer, out ulong piece) =>
        scope.Regions.TryResolve(key, true, domain, address, length, required, scope.Context, out pointer, out piece)
        == MemoryKeyFault.None;

    /// <summary>Check 7 but for the range.</summary>
    public static bool TryFindRemote(this QueuePairScope scope, uint key, AccessFlags required) =>
        scope.Regions.TryFind(key, true, scope.RemoteDomain, required, scope.Context, out _) == MemoryKeyFault.None;

    /// <summary>Check 11: a part of an entry of a receive work request, and how much of it lies in one piece.</summary>
    public static bool TryResolveLocal(
        this QueuePairScope scope, uint domain, in ScatterGatherEntry entry, uint offset, ref int length, out nint pointer)
    {
        var fault = scope.Regions.TryResolve(
            entry.LocalKey, false, domain, entry.Address + offset, (ulong)length, AccessFlags.LocalWrite, null, out pointer, out var piece);
        length = (int)piece;
        return fault == MemoryKeyFault.None;
    }

    /// <summary>Writes a payload to memory that has just been resolved, of which only a beginning lies in one piece.</summary>
    public static bool TryWriteRemote(this QueuePairScope scope, uint key, ulong address, ReadOnlySpan<byte> payload)
    {
        while (!payload.IsEmpty)
        {
            if (!scope.TryResolveRemote(key, address, (uint)payload.Length, AccessFlags.RemoteWrite, out var pointer, out var piece))
                return false;
            Write(pointer, payload[..(int)piece]);
            payload = payload[(int)piece..];
            address += piece;
        }

        return true;
    }

    /// <summary>Copies the payload of a packet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(nint destination, ReadOnlySpan<byte> payload) =>
        payload.CopyTo(new Span<byte>((void*)destination, payload.Length));

    /// <summary>Stores eight bytes as they are, whole, after everything that was stored before (R-RESP-30).</summary>
    public static void Store(nint address, ReadOnlySpan<byte> eightBytes) =>
        Volatile.Write(ref *(long*)address, MemoryMarshal.Read<long>(eightBytes));

    /// <summary>Swaps 64 bits when they equal the comparand, and gives what stood there (R-RESP-25).</summary>
    public static ulong CompareSwap(nint address, ulong compare, ulong swap) =>
        (ulong)Interlocked.CompareExchange(ref *(long*)address, (long)swap, (long)compare);

    /// <summary>Adds to 64 bits modulo 2^64, and gives what stood there (R-RESP-25).</summary>
    public static ulong FetchAdd(nint address, ulong addend) =>
        unchecked((ulong)Interlocked.Add(ref *(long*)address, (long)addend) - addend);
}
