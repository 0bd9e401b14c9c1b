using System.Buffers;

namespace RdmaPipeline.Verbs;

/// <content>rereg_mr: any of memory, protection domain and rights, all or, on an error, nothing.</content>
public sealed partial class MemoryRegion
{
    /// <summary>
    /// Changes the domain, the rights or both. The keys stay, and there is no moment in which they are invalid; accesses that come later
    /// follow the new rules.
    /// </summary>
    /// <param name="domain">The new domain, of the same device; null: the one it has.</param>
    /// <param name="access">The new rights; null: those it has.</param>
    /// <exception cref="RdmaException">
    /// EINVAL: nothing to change, a domain of another device, or a region whose key is not in force. EOPNOTSUPP: not the user's memory.
    /// EINVAL, EOPNOTSUPP: wrong access flags. EBUSY: memory windows are bound to it.
    /// </exception>
    public void Reregister(ProtectionDomain? domain = null, AccessFlags? access = null)
    {
        if (domain is null && access is null)
            throw RdmaException.Invalid("flags is 0: give a domain, rights or memory to change");
        lock (_disposing)
        {
            MemoryRegionEntry current = CheckMayChange(domain, access);
            AccessFlags rights = access ?? current.Access;
            // Between zero-based and not the addresses change, though the memory does not.
            bool keepsBase = ((rights ^ current.Access) & AccessFlags.ZeroBased) == 0;
            ulong start = keepsBase ? current.Start : StartOf(current.Pointer, current.Length, rights, null);
            Replace(domain ?? ProtectionDomain, current, Next(current, domain, rights, start, current.Length, current.Pointer));
        }
    }

    /// <summary>
    /// Changes the memory to managed memory, and the domain and rights if they are given. Returns after the last use of the memory it had.
    /// </summary>
    /// <param name="memory">An array, a slice of one, or memory of any other owner, who must keep it alive.</param>
    /// <param name="domain">The new domain, of the same device; null: the one it has.</param>
    /// <param name="access">The new rights; null: those it has.</param>
    /// <param name="iova">The address by which work requests and peers name the first byte; its own address unless said otherwise.</param>
    /// <exception cref="RdmaException">
    /// As <see cref="Reregister(ProtectionDomain?, AccessFlags?)"/>, and EINVAL: the range overflows.
    /// </exception>
    public unsafe void Reregister(
        Memory<byte> memory, ProtectionDomain? domain = null, AccessFlags? access = null, ulong? iova = null)
    {
        MemoryHandle pin = memory.Pin();
        lock (_disposing)
        {
            try
            {
                Translate((nint)pin.Pointer, (ulong)memory.Length, domain, access, iova);
            }
            catch
            {
                pin.Dispose();
                throw;
            }

            ReleaseBefore(memory, pin);
        }
    }

    /// <summary>
    /// Changes the memory to native memory, and the domain and rights if they are given. Returns after the last use of the memory it had.
    /// </summary>
    /// <param name="address">Its first byte; the caller keeps the memory mapped.</param>
    /// <param name="length">Bytes; 0 is legal.</param>
    /// <param name="domain">The new domain, of the same device; null: the one it has.</param>
    /// <param name="access">The new rights; null: those it has.</param>
    /// <param name="iova">The address by which work requests and peers name the first byte; its own address unless said otherwise.</param>
    /// <exception cref="RdmaException">
    /// As <see cref="Reregister(ProtectionDomain?, AccessFlags?)"/>, and EFAULT: the null address with a length. EINVAL: the range
    /// overflows.
    /// </exception>
    public void Reregister(nint address, ulong length, ProtectionDomain? domain = null, AccessFlags? access = null, ulong? iova = null)
    {
        lock (_disposing)
        {
            Translate(address, length, domain, access, iova);
            ReleaseBefore(default, default);
        }
    }

    private void Translate(nint pointer, ulong length, ProtectionDomain? domain, AccessFlags? access, ulong? iova)
    {
        MemoryRegionEntry current = CheckMayChange(domain, access);
        AccessFlags rights = access ?? current.Access;
        ProtectionDomain.CheckMemory(pointer, length);
        ulong start = StartOf(pointer, length, rights, iova);
        Replace(domain ?? ProtectionDomain, current, Next(current, domain, rights, start, length, pointer));
    }

    private ulong StartOf(nint pointer, ulong length, AccessFlags access, ulong? iova) =>
        MemoryRange.StartOf(ProtectionDomain.Device.Provider, pointer, length, access, iova);

    private void ReleaseBefore(Memory<byte> memory, MemoryHandle pin)
    {
        MemoryHandle before = _pin;
        (Memory, _pin) = (memory, pin);
        // If this fails nobody knows who still uses the memory it had: then that stays pinned.
        ProtectionDomain.Device.Provider.Quiesce();
        before.Dispose();
    }

    private static MemoryRegionEntry Next(MemoryRegionEntry current, ProtectionDomain? domain, AccessFlags access, ulong start,
        ulong length, nint pointer) => new()
    {
        Key = current.Key, ProtectionDomain = domain?.Handle ?? current.ProtectionDomain, Start = start, Length = length,
        Pointer = pointer, Access = access, PeerMayInvalidate = current.PeerMayInvalidate, Free = current.Free,
    };

    private MemoryRegionEntry CheckMayChange(ProtectionDomain? domain, AccessFlags? access)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Type != MemoryRegionType.User)
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"mr is of type {Type}: only the user's memory can be re-registered");
        if (domain is not null && domain.Device != ProtectionDomain.Device)
            throw RdmaException.Invalid("pd belongs to another device than the region");
        if (access is { } rights)
            MemoryAccess.Check(rights, ProtectionDomain.Device.Attributes.Capabilities);
        return Current;
    }

    private void Replace(ProtectionDomain domain, MemoryRegionEntry current, MemoryRegionEntry next)
    {
        RdmaDevice device = ProtectionDomain.Device;
        lock (device.Control)
        {
            ObjectDisposedException.ThrowIf(domain.IsDisposed, domain);
            if (!Table.TryReplace(current, next))
                throw current.HasWindows ? IsBusy() : NotInForce();
            ProtectionDomain.Move(domain);
            ProtectionDomain = domain;
            Volatile.Write(ref _current, next);
        }
    }
}
