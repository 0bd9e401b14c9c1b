using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <content>Windows and fast registrations.</content>
internal sealed partial class FaultScene
{
    private const int WindowLength = 1000;
    private const ulong BindId = 77;

    private MemoryWindow? _twice;
    private MemoryRegion? _fast;

    /// <summary>A bind of a new window for writing.</summary>
    public MemoryWindowBinding Bind(
        ProtectionDomain domain, MemoryWindowType type, MemoryRegion? region = null, ulong length = WindowLength)
    {
        region ??= domain == Pair.DomainA ? Local : Remote;
        return new MemoryWindowBinding(domain.AllocateWindow(type), region, region.Address, length, AccessFlags.RemoteWrite);
    }

    /// <summary>A bind that cannot be done any more when it is posted.</summary>
    public MemoryWindowBinding BindToDead()
    {
        var region = Pair.DomainA.AllocateMemory(WindowLength, DevicePair.FullAccess);
        var binding = Bind(Pair.DomainA, MemoryWindowType.Type2B, region);
        region.Dispose();
        return binding;
    }

    /// <summary>A bind that succeeds.</summary>
    public MemoryWindowBinding Once()
    {
        _twice = Pair.DomainA.AllocateWindow(MemoryWindowType.Type2B);
        return Again();
    }

    /// <summary>A second bind of the same window.</summary>
    public MemoryWindowBinding Again() => new(_twice!, Local, Local.Address, WindowLength, AccessFlags.RemoteWrite);

    /// <summary>A registration of the same region, each time with another key.</summary>
    public FastRegistration Registration()
    {
        _fast ??= Pair.DomainA.AllocateRegion(MemoryRegionType.FastRegistration, 1);
        Assert.Equal(1, _fast.Map([new MemoryPiece((nint)Local.Address, 1)]));
        return new FastRegistration(_fast, DevicePair.FullAccess);
    }

    /// <summary>
    /// A window over the beginning of <see cref="Remote"/>, for writing, that the responder has bound; its bystander, where it is a target.
    /// </summary>
    public MemoryWindowBinding Bound(MemoryWindowType type, QueuePair? by = null)
    {
        var binding = Bind(Pair.DomainB, type);
        (by ?? (Row.IsXrc ? Bystanders.B : B)).PostSend(new SendWorkRequest
        {
            WorkRequestId = BindId, Opcode = SendOpcode.BindMemoryWindow, Flags = SendFlags.Signaled, MemoryOperation = binding,
        });
        Pair.NextSuccess(Pair.QueueB, BindId);
        return binding;
    }
}
