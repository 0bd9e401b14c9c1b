using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>A send side with objects of its own: a fast registration over its source, a region and windows of each type.</summary>
internal sealed class MemoryKit
{
    private const AccessFlags Bindable = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.MemoryWindowBind;

    private readonly MemoryRegion _second;

    public MemoryKit(SendSide? side = null, uint domain = SendSide.Domain, RdmaDevice? device = null)
    {
        Side = side ?? new SendSide();
        Domain = new ProtectionDomain(device ?? Side.Device, domain);
        Region = Mapped();
        _second = Mapped();
        Bound = Domain.AllocateMemory(4096, Bindable);
        Type1 = Domain.AllocateWindow(MemoryWindowType.Type1);
        Type2A = Domain.AllocateWindow(MemoryWindowType.Type2A);
        Type2B = Domain.AllocateWindow(MemoryWindowType.Type2B);
    }

    public SendSide Side { get; }

    public ProtectionDomain Domain { get; }

    public MemoryRegion Region { get; }

    public MemoryRegion Bound { get; }

    public MemoryWindow Type1 { get; }

    public MemoryWindow Type2A { get; }

    public MemoryWindow Type2B { get; }

    public FastRegistration Registration(uint? key = null) => new(Region, AccessFlags.LocalWrite, key);

    public FastRegistration Registration2(AccessFlags access) => new(_second, access);

    public MemoryWindowBinding Binding(MemoryWindow window) => new(window, Bound, Bound.Address, 64, AccessFlags.RemoteWrite);

    /// <summary>Registers its region on a queue pair of its domain, which the send side is not.</summary>
    public uint RegisteredElsewhere()
    {
        var context = new QueuePairContext
        {
            Type = QueuePairType.ReliableConnection, SignalAll = true, Caps = Side.Context.Caps, ProtectionDomain = Domain.Handle,
            SendCq = Side.Cq, ReceiveCq = Side.Cq, SendRing = Side.Context.SendRing, ReceiveRing = Side.Context.ReceiveRing,
        };
        var registration = Registration();
        Assert.True(registration.TryExecute(context));
        return registration.Key;
    }

    public void Post(ulong id, MemoryOperation operation, SendFlags flags = SendFlags.None) =>
        Side.Post(new SendWqe { WorkRequestId = id, Opcode = operation.Opcode, Flags = flags, MemoryOperation = operation });

    public void Invalidate(ulong id, uint key) =>
        Side.Post(new SendWqe { WorkRequestId = id, Opcode = SendOpcode.LocalInvalidate, InvalidateKey = key });

    public void Execute(params MemoryOperation[] operations)
    {
        foreach (var operation in operations) Post(0, operation);
        Side.PollAll();
        Assert.All(Side.PollCompletions(), c => Assert.Equal(WorkCompletionStatus.Success, c.Status));
    }

    public MemoryWindowBinding BadBinding(string what)
    {
        var elsewhere = new ProtectionDomain(Side.Device, SendSide.Domain + 1);
        var readable = Domain.AllocateMemory(64, AccessFlags.MemoryWindowBind);
        var (start, window) = (Bound.Address, Type2B);
        switch (what)
        {
            case "region without bind": return On(Domain.AllocateMemory(64, AccessFlags.LocalWrite));
            case "zero-based region": return On(Domain.AllocateMemory(64, Bindable | AccessFlags.ZeroBased));
            case "range before": return new(window, Bound, start - 1, 64, AccessFlags.RemoteRead);
            case "range behind": return new(window, Bound, start + 4033, 64, AccessFlags.RemoteRead);
            case "range overflow": return new(window, Bound, start, ulong.MaxValue, AccessFlags.RemoteRead);
            case "write without local write": return On(readable, AccessFlags.RemoteWrite);
            case "atomic without local write": return On(readable, AccessFlags.RemoteAtomic);
            case "flush without flush": return On(Bound, AccessFlags.FlushPersistent);
            case "region invalidated":
                var fast = Registration2(AccessFlags.MemoryWindowBind);
                Execute(fast);
                var onFast = new MemoryWindowBinding(window, fast.Region, fast.Address, 8, AccessFlags.RemoteRead);
                Side.Regions.TryInvalidateLocal(fast.Key, SendSide.Domain);
                return onFast;
            case "region disposed of":
                var gone = On(readable);
                readable.Dispose();
                return gone;
            case "region of another domain": return On(elsewhere.AllocateMemory(64, Bindable));
            case "window of another domain":
                return new(elsewhere.AllocateWindow(MemoryWindowType.Type2B), Bound, start, 8, AccessFlags.RemoteRead);
            case "window disposed of":
                var last = Binding(window);
                window.Dispose();
                return last;
            case "type 2 bound already":
                Execute(Binding(window));
                return Binding(window);
            default: return new(window, Bound, start, 0, AccessFlags.RemoteRead);
        }

        MemoryWindowBinding On(MemoryRegion region, AccessFlags access = AccessFlags.RemoteRead) =>
            new(window, region, region.Address, 64, access);
    }

    private MemoryRegion Mapped()
    {
        var region = Domain.AllocateRegion(MemoryRegionType.FastRegistration, 32);
        var piece = new MemoryPiece((nint)Side.SourceAddress, SendSide.SourceLength);
        Assert.Equal(1, region.Map([piece]));
        return region;
    }
}
