namespace RdmaPipeline.Verbs;

/// <content>Advice about memory (advise_mr).</content>
public sealed partial class ProtectionDomain
{
    /// <summary>
    /// Says that parts of regions will be used. Memory is reached through the page tables of the process here, so there is nothing to
    /// fetch: the advice is checked and has no effect.
    /// </summary>
    /// <param name="advice">What will be done.</param>
    /// <param name="entries">The parts.</param>
    /// <param name="flags">Options.</param>
    /// <exception cref="RdmaException">
    /// EOPNOTSUPP: no such advice. EINVAL: unknown flags. EFAULT: a key that is not in force in this domain, a range outside its region, or
    /// <see cref="MemoryAdvice.PrefetchWrite"/> without local write.
    /// </exception>
    public void AdviseMemory(
        MemoryAdvice advice, ReadOnlySpan<ScatterGatherEntry> entries, MemoryAdviceFlags flags = MemoryAdviceFlags.None)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!Enum.IsDefined(advice))
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"advice is {(int)advice}: there is no such advice");
        if ((flags & ~MemoryAdviceFlags.Flush) != 0)
            throw RdmaException.Invalid($"flags is 0x{(int)flags:x}; only {MemoryAdviceFlags.Flush} is known");
        AccessFlags needed = advice == MemoryAdvice.PrefetchWrite ? AccessFlags.LocalWrite : AccessFlags.None;
        foreach (ref readonly ScatterGatherEntry entry in entries)
        {
            MemoryKeyFault fault = _device.MemoryRegions.TryResolve(
                entry.LocalKey, remote: false, Handle, entry.Address, entry.Length, needed, out _);
            if (fault != MemoryKeyFault.None)
                throw new RdmaException(VerbsErrno.EFAULT, $"{entry} is not memory of this domain that can be used so: {fault}");
        }
    }
}
