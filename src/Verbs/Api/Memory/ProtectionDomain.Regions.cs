namespace RdmaPipeline.Verbs;

/// <content>Regions that are not the user's memory: fast registrations, device memory, the whole address space, nothing at all.</content>
public sealed partial class ProtectionDomain
{
    /// <summary>
    /// Allocates a region without memory, which is mapped and registered later (alloc_mr): see <see cref="MemoryRegion.Map"/> and
    /// <see cref="FastRegistration"/>. Its key is not in force before.
    /// </summary>
    /// <param name="type">Only <see cref="MemoryRegionType.FastRegistration"/> is offered.</param>
    /// <param name="maxPages">Pages it can map, 1 to <see cref="DeviceAttributes.MaxFastRegistrationPages"/>.</param>
    /// <returns>The region.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: another type, or the pages are out of range. EOPNOTSUPP: the device offers no fast registration. ENOMEM: no more regions.
    /// </exception>
    public MemoryRegion AllocateRegion(MemoryRegionType type, int maxPages)
    {
        _device.CheckOffers(DeviceCapabilities.MemoryManagementExtensions, "fast registration");
        if (type != MemoryRegionType.FastRegistration)
            throw RdmaException.Invalid($"mr_type is {type}; only {MemoryRegionType.FastRegistration} is offered");
        int limit = _device.Attributes.MaxFastRegistrationPages;
        if (maxPages < 1 || maxPages > limit)
            throw RdmaException.Invalid($"max_num_sg is {maxPages}; it must be 1 to max_fast_reg_page_list_len = {limit}");
        return Add(type, _ => MemoryRegionEntry.Marker(Handle), maxPages);
    }

    /// <summary>Registers a part of device memory (reg_dm_mr). Addresses count from its first byte.</summary>
    /// <param name="memory">Device memory of the same device; it cannot be freed before the region is disposed of.</param>
    /// <param name="offset">The first byte of the part.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="access">Rights, with <see cref="AccessFlags.ZeroBased"/>; remote write and remote atomic need local write.</param>
    /// <returns>The region.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: memory of another device, a part outside, rights without a zero base. EINVAL, EOPNOTSUPP: wrong access flags. ENOMEM: no
    /// more regions.
    /// </exception>
    public MemoryRegion RegisterDeviceMemory(DeviceMemory memory, ulong offset, ulong length, AccessFlags access)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.Device != _device)
            throw RdmaException.Invalid("dm belongs to another device than the protection domain");
        MemoryAccess.Check(access, _device.Attributes.Capabilities);
        if ((access & AccessFlags.ZeroBased) == 0)
            throw RdmaException.Invalid($"access is {access}: device memory has no address of its own, {AccessFlags.ZeroBased} is needed");
        return memory.Register(offset, length, pointer => Add(MemoryRegionType.DeviceMemory, key => new MemoryRegionEntry
        {
            Key = key, ProtectionDomain = Handle, Start = 0, Length = length, Pointer = pointer, Access = access,
        }));
    }

    /// <summary>
    /// Registers the whole address space of the process for this side's own use (get_dma_mr): entries name any mapped memory by its
    /// address. A wrong address crashes the process, as a wrong pointer does.
    /// </summary>
    /// <param name="access"><see cref="AccessFlags.LocalWrite"/>, or nothing for memory that is only read.</param>
    /// <returns>The region.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: <see cref="AccessFlags.OnDemand"/>, or a zero base. EPERM: rights for a peer, who could then reach all the process has,
    /// and end it with one wrong address. EINVAL, EOPNOTSUPP: other wrong access flags. ENOMEM: no more regions.
    /// </exception>
    public MemoryRegion RegisterAddressSpace(AccessFlags access = AccessFlags.LocalWrite)
    {
        AccessFlags impossible = access & (AccessFlags.OnDemand | AccessFlags.ZeroBased | AccessFlags.MemoryWindowBind);
        if (impossible != 0)
            throw RdmaException.Invalid($"access is {access}: the whole address space cannot have {impossible}");
        MemoryAccess.Check(access, _device.Attributes.Capabilities);
        AccessFlags remote = access & MemoryAccess.AnyRemote;
        if (remote != 0)
            throw new RdmaException(VerbsErrno.EPERM, $"access is {access}: {remote} would give the peer all memory of the process");
        return Add(MemoryRegionType.Dma, key => new MemoryRegionEntry
        {
            Key = key, ProtectionDomain = Handle, Start = 0, Length = ulong.MaxValue, Pointer = 0, Access = access,
        });
    }

    /// <summary>
    /// Allocates a region in which every address and length is right for this side's entries (alloc_null_mr): it reads as zero, and what is
    /// written is forgotten.
    /// </summary>
    /// <returns>The region; without rights for a peer.</returns>
    /// <exception cref="RdmaException">ENOMEM: no more regions.</exception>
    public MemoryRegion AllocateNullRegion() => Add(MemoryRegionType.Null, key => new MemoryRegionEntry
    {
        Key = key, ProtectionDomain = Handle, Start = 0, Length = ulong.MaxValue, Layout = new NullLayout(),
        Access = AccessFlags.LocalWrite,
    });
}
