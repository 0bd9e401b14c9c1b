namespace RdmaPipeline.Verbs;

/// <summary>The rules of reg_mr about access flags (verbs.md 3).</summary>
internal static class MemoryAccess
{
    public const AccessFlags AnyRemote = AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private const AccessFlags Known = AccessFlags.LocalWrite | AnyRemote | AccessFlags.MemoryWindowBind | AccessFlags.ZeroBased
        | AccessFlags.OnDemand | AccessFlags.HugeTlb;

    private const AccessFlags Optional =
        AccessFlags.MemoryWindowBind | AccessFlags.OnDemand | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    // Bits 20 to 29 are hints: unknown ones are ignored.
    private const AccessFlags OptionalRange = (AccessFlags)(0x3FF << 20);

    /// <summary>Refuses what reg_mr must refuse.</summary>
    /// <param name="access">What the caller asks for.</param>
    /// <param name="capabilities">What the device offers.</param>
    /// <exception cref="RdmaException">EINVAL or EOPNOTSUPP.</exception>
    public static void Check(AccessFlags access, DeviceCapabilities capabilities)
    {
        AccessFlags unknown = access & ~(Known | OptionalRange);
        if (unknown != 0)
            throw RdmaException.Invalid($"access is 0x{(int)access:x}: the bits 0x{(int)unknown:x} are unknown");
        AccessFlags writing = access & (AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic);
        if (writing != 0 && (access & AccessFlags.LocalWrite) == 0)
            throw RdmaException.Invalid($"access is {access}: {writing} needs {nameof(AccessFlags.LocalWrite)} too");
        AccessFlags unsupported = access & ~Supported(capabilities) & ~OptionalRange;
        if (unsupported != 0)
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, $"access is {access}: this device does not offer {unsupported}");
    }

    private static AccessFlags Supported(DeviceCapabilities capabilities)
    {
        AccessFlags supported = Known & ~Optional;
        if ((capabilities & DeviceCapabilities.MemoryWindow) != 0)
            supported |= AccessFlags.MemoryWindowBind;
        if ((capabilities & DeviceCapabilities.OnDemandPaging) != 0)
            supported |= AccessFlags.OnDemand;
        if ((capabilities & DeviceCapabilities.FlushGlobal) != 0)
            supported |= AccessFlags.FlushGlobal;
        if ((capabilities & DeviceCapabilities.FlushPersistent) != 0)
            supported |= AccessFlags.FlushPersistent;
        return supported;
    }
}
