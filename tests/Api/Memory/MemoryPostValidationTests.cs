using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Memory;

/// <summary>
/// The rows of requester.md 13 for flushes, ATOMIC WRITEs and what changes keys of this side: errno, field, value and limit.
/// </summary>
public sealed class MemoryPostValidationTests
{
    private static readonly QueuePairCapabilities Caps = new() { MaxInlineData = 32 };

    public static TheoryData<string, string[]> BadMemoryWork() => new()
    {
        { "flush nowhere", ["placement", "0x0"] },
        { "flush somewhere else", ["placement", "0x4"] },
        { "flush of what", ["selectivity", "is 2"] },
        { "flush too long", ["length of the flush", "2147483649", "2147483648"] },
        { "flush with entry", ["8 bytes", "Flush"] },
        { "flush inline", ["Flush", "inline"] },
        { "atomic write length", ["length", "is 7", "8"] },
        { "atomic write alignment", ["remote_addr", "0x1004", "multiple of 8"] },
        { "invalidate nothing", ["invalidate_rkey", "0"] },
        { "invalidate with entry", ["8 bytes", "LocalInvalidate"] },
        { "bind without operation", ["BindMemoryWindow", "MemoryOperation"] },
        { "bind with a registration", ["BindMemoryWindow", "RegisterMemoryRegion"] },
        { "register without operation", ["RegisterMemoryRegion", "MemoryOperation"] },
        { "window of another domain", ["memory window", "another protection domain"] },
        { "region of another domain", ["memory region", "another protection domain"] },
        { "registration of another domain", ["memory region", "another protection domain"] },
        { "object of another device", ["device other", "rich"] },
    };

    [Theory]
    [MemberData(nameof(BadMemoryWork))]
    public void BadMemoryWorkIsNamed(string which, string[] mentions)
    {
        using var rich = new FakeDevice(FakeDevice.Rich);
        using var other = new FakeDevice(FakeDevice.Rich with { Name = "other" });
        QueuePair queuePair = rich.CreateQueuePair(Caps, QueuePairState.ReadyToSend);
        SendWorkRequest bad = BadMemoryWork(which, rich, other);
        Failing.With(VerbsErrno.EINVAL, () => queuePair.PostSend(bad), mentions);
        Assert.Equal(0, queuePair.Context.SendRing.Tail);
    }

    // A device that offers one of the two only.
    [Theory]
    [InlineData(DeviceCapabilities.FlushGlobal, FlushPlacement.GlobalVisibility, true)]
    [InlineData(DeviceCapabilities.FlushGlobal, FlushPlacement.Persistence, false)]
    [InlineData(DeviceCapabilities.FlushPersistent, FlushPlacement.Persistence | FlushPlacement.GlobalVisibility, false)]
    public void EachPlacementNeedsItsFeature(DeviceCapabilities offered, FlushPlacement placement, bool accepted)
    {
        using var device = new FakeDevice(new DeviceAttributes { Name = "one", Capabilities = offered });
        QueuePair queuePair = device.CreateQueuePair(Caps, QueuePairState.ReadyToSend);
        var flush = new SendWorkRequest { Opcode = SendOpcode.Flush, FlushPlacement = placement };
        if (accepted)
            queuePair.PostSend(flush);
        else
            Failing.With(VerbsErrno.EOPNOTSUPP, () => queuePair.PostSend(flush), "flush");
    }

    [Fact]
    public void MemoryWorkIsCopiedIntoItsSlot()
    {
        using var rich = new FakeDevice(FakeDevice.Rich);
        QueuePair queuePair = rich.CreateQueuePair(Caps, QueuePairState.ReadyToSend);
        var binding = new MemoryWindowBinding(rich.Domain.AllocateWindow(MemoryWindowType.Type2A), null, 0, 0, AccessFlags.None);
        queuePair.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.Flush, FlushLength = 1u << 31, FlushPlacement = FlushPlacement.Persistence,
            FlushSelectivity = FlushSelectivity.MemoryRegion, RemoteAddress = 5, RemoteKey = 6,
        });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.BindMemoryWindow, MemoryOperation = binding });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.AtomicWrite, InlineData = new byte[8] });
        SendWqe flush = queuePair.Context.SendRing.Slot(0);
        Assert.Equal((1u << 31, FlushPlacement.Persistence, FlushSelectivity.MemoryRegion, 5ul, 6u),
            (flush.FlushLength, flush.FlushPlacement, flush.FlushSelectivity, flush.RemoteAddress, flush.RemoteKey));
        Assert.Same(binding, queuePair.Context.SendRing.Slot(1).MemoryOperation);
        Assert.Null(queuePair.Context.SendRing.Slot(2).MemoryOperation);
        Assert.True(queuePair.Context.SendRing.Slot(2).IsInline);
    }

    private static SendWorkRequest BadMemoryWork(string which, FakeDevice rich, FakeDevice other)
    {
        var eight = new ScatterGatherEntry(0x1000, 8, 1);
        var flush = new SendWorkRequest { Opcode = SendOpcode.Flush, FlushPlacement = FlushPlacement.GlobalVisibility };
        ProtectionDomain domain = rich.Domain, elsewhere = rich.Device.CreateProtectionDomain();
        return which switch
        {
            "flush nowhere" => flush with { FlushPlacement = FlushPlacement.None },
            "flush somewhere else" => flush with { FlushPlacement = (FlushPlacement)4 },
            "flush of what" => flush with { FlushSelectivity = (FlushSelectivity)2 },
            "flush too long" => flush with { FlushLength = (1u << 31) + 1 },
            "flush with entry" => flush with { Entry = eight },
            "flush inline" => flush with { InlineData = new byte[8] },
            "atomic write length" => new() { Opcode = SendOpcode.AtomicWrite, Entry = eight with { Length = 7 } },
            "atomic write alignment" => new() { Opcode = SendOpcode.AtomicWrite, Entry = eight, RemoteAddress = 0x1004 },
            "invalidate nothing" => new() { Opcode = SendOpcode.LocalInvalidate },
            "invalidate with entry" => new() { Opcode = SendOpcode.LocalInvalidate, InvalidateKey = 1, Entry = eight },
            "bind without operation" => new() { Opcode = SendOpcode.BindMemoryWindow },
            "bind with a registration" => new() { Opcode = SendOpcode.BindMemoryWindow, MemoryOperation = Registration(domain) },
            "register without operation" => new() { Opcode = SendOpcode.RegisterMemoryRegion },
            "window of another domain" => Bind(elsewhere, domain),
            "region of another domain" => Bind(domain, elsewhere),
            "registration of another domain" => Register(elsewhere),
            "object of another device" => Register(other.Domain),
            _ => throw new ArgumentOutOfRangeException(nameof(which), which, "no such case"),
        };
    }

    private static SendWorkRequest Register(ProtectionDomain domain) =>
        new() { Opcode = SendOpcode.RegisterMemoryRegion, MemoryOperation = Registration(domain) };

    private static SendWorkRequest Bind(ProtectionDomain windowDomain, ProtectionDomain regionDomain)
    {
        MemoryRegion region = regionDomain.AllocateMemory(8, AccessFlags.MemoryWindowBind);
        MemoryWindow window = windowDomain.AllocateWindow(MemoryWindowType.Type2B);
        var binding = new MemoryWindowBinding(window, region, region.Address, 8, AccessFlags.RemoteRead);
        return new() { Opcode = SendOpcode.BindMemoryWindow, MemoryOperation = binding };
    }

    private static FastRegistration Registration(ProtectionDomain domain)
    {
        MemoryRegion region = domain.AllocateRegion(MemoryRegionType.FastRegistration, 1);
        region.Map([new MemoryPiece(4096, 8)]);
        return new FastRegistration(region, AccessFlags.None);
    }
}
