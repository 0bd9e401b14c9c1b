using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Memory;

/// <summary>Device memory, the whole address space, null regions, on-demand paging, parent domains, advice (verbs.md 3).</summary>
public sealed class SpecialMemoryTests : IDisposable
{
    private readonly FakeDevice _fake = new(FakeDevice.Rich);

    public void Dispose() => _fake.Dispose();

    [Fact]
    public unsafe void DeviceMemoryIsCopiedToAndFromAndRegistered()
    {
        using DeviceMemory memory = _fake.Device.AllocateDeviceMemory(64, logAlignment: 12);
        byte[] read = new byte[64];
        memory.CopyTo(0, read);
        Assert.Equal(new byte[64], read);
        memory.CopyFrom(10, [1, 2, 3]);
        memory.CopyTo(9, read.AsSpan(0, 5));
        Assert.Equal([0, 1, 2, 3, 0], read[..5]);
        using MemoryRegion region = _fake.Domain.RegisterDeviceMemory(memory, 8, 16, AccessFlags.LocalWrite | AccessFlags.ZeroBased);
        Assert.Equal((MemoryRegionType.DeviceMemory, 0ul, 16ul), (region.Type, region.Address, region.Length));
        Assert.Equal(MemoryKeyFault.None, Resolve(region, 3, 1, AccessFlags.LocalWrite, out nint pointer));
        Assert.Equal((2, 8), (*(byte*)pointer, (int)(pointer - 3) & 4095));
        Assert.Equal(MemoryKeyFault.Range, Resolve(region, 10, 7, AccessFlags.LocalWrite, out _));
        Failing.With(VerbsErrno.EBUSY, memory.Dispose, "1 region");
        region.Dispose();
    }

    [Fact]
    public void DeviceMemoryHasItsLimits()
    {
        ulong all = _fake.Device.Attributes.MaxDeviceMemory;
        Failing.With(VerbsErrno.EINVAL, () => _fake.Device.AllocateDeviceMemory(0), "length");
        Failing.With(VerbsErrno.EINVAL, () => _fake.Device.AllocateDeviceMemory(8, 13), "log_align_req", "13");
        Failing.With(VerbsErrno.ENOMEM, () => _fake.Device.AllocateDeviceMemory(all + 1), "max_dm_size", $"{all}");
        DeviceMemory half = _fake.Device.AllocateDeviceMemory(all / 2);
        DeviceMemory rest = _fake.Device.AllocateDeviceMemory(all / 2);
        Failing.With(VerbsErrno.ENOMEM, () => _fake.Device.AllocateDeviceMemory(1), "0 of max_dm_size");
        half.Dispose();
        half.Dispose();
        Assert.Equal(1, _fake.Device.DeviceMemoryCount);
        _fake.Device.AllocateDeviceMemory(all / 2).Dispose();
        Failing.With(VerbsErrno.EINVAL, () => rest.CopyFrom(all / 2, [1]), "outside");
        Failing.With(VerbsErrno.EINVAL, () => rest.CopyTo(ulong.MaxValue, new byte[2]), "outside");
        Assert.Throws<ObjectDisposedException>(() => half.CopyFrom(0, [1]));
        using var without = new FakeDevice();
        Failing.With(VerbsErrno.EOPNOTSUPP, () => without.Device.AllocateDeviceMemory(1), "device memory");
    }

    [Fact]
    public void DeviceMemoryThatCannotBeRegisteredIsNamed()
    {
        using var stranger = new FakeDevice(FakeDevice.Rich);
        DeviceMemory memory = _fake.Device.AllocateDeviceMemory(64);
        Failing.With(VerbsErrno.EINVAL, () => stranger.Domain.RegisterDeviceMemory(memory, 0, 8, AccessFlags.ZeroBased), "another device");
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.RegisterDeviceMemory(memory, 0, 8, AccessFlags.LocalWrite), "ZeroBased");
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.RegisterDeviceMemory(memory, 60, 5, AccessFlags.ZeroBased), "outside");
        Failing.With(VerbsErrno.EINVAL,
            () => _fake.Domain.RegisterDeviceMemory(memory, 0, 8, AccessFlags.ZeroBased | AccessFlags.RemoteWrite), "LocalWrite");
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _fake.Domain.RegisterDeviceMemory(memory, 0, 8, AccessFlags.ZeroBased));
        Assert.Equal(0, _fake.Device.MemoryRegions.Count);
    }

    // A region that is being disposed of holds the memory until its last use is over.
    [Fact]
    public void DeviceMemoryCannotGoWhileARegionOverItIsStillInUse()
    {
        DeviceMemory memory = _fake.Device.AllocateDeviceMemory(64);
        MemoryRegion region = _fake.Domain.RegisterDeviceMemory(memory, 0, 8, AccessFlags.ZeroBased);
        _fake.Provider.OnQuiesce = () => Failing.With(VerbsErrno.EBUSY, memory.Dispose);
        region.Dispose();
        memory.Dispose();
    }

    // get_dma_mr
    [Fact]
    public void TheAddressSpaceIsForThisSideOnly()
    {
        using MemoryRegion region = _fake.Domain.RegisterAddressSpace();
        Assert.Equal((MemoryRegionType.Dma, 0ul, ulong.MaxValue, 0u), (region.Type, region.Address, region.Length, region.RemoteKey));
        Assert.Equal(MemoryKeyFault.None, Resolve(region, 0x7000_1234, 1 << 20, AccessFlags.LocalWrite, out nint pointer));
        Assert.Equal(0x7000_1234, pointer);
        Assert.Equal(MemoryKeyFault.Range, Resolve(region, ulong.MaxValue - 3, 8, AccessFlags.None, out _));
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.RegisterAddressSpace(AccessFlags.OnDemand), "OnDemand");
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.RegisterAddressSpace(AccessFlags.ZeroBased), "ZeroBased");
        Failing.With(VerbsErrno.EPERM, () => _fake.Domain.RegisterAddressSpace(AccessFlags.RemoteRead), "RemoteRead");
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.RegisterAddressSpace((AccessFlags)0x400), "0x400");
        using MemoryRegion readOnly = _fake.Domain.RegisterAddressSpace(AccessFlags.None);
        Assert.Equal(MemoryKeyFault.Access, Resolve(readOnly, 8, 8, AccessFlags.LocalWrite, out _));
    }

    // alloc_null_mr
    [Fact]
    public unsafe void ANullRegionReadsAsZeroWhateverIsWritten()
    {
        using MemoryRegion region = _fake.Domain.AllocateNullRegion();
        Assert.Equal(0u, region.RemoteKey);
        foreach (ulong address in new[] { 0ul, 0x1234_5678ul, ulong.MaxValue - 4096 })
        {
            Assert.Equal(MemoryKeyFault.None, Resolve(region, address, 4096, AccessFlags.LocalWrite, out nint sink));
            new Span<byte>((void*)sink, 4096).Fill(0xFF);
            Assert.Equal(MemoryKeyFault.None, Resolve(region, address, 4096, AccessFlags.None, out nint source));
            Assert.Equal(-1, new Span<byte>((void*)source, 4096).IndexOfAnyExcept((byte)0));
        }

        // A whole message is in range; it goes piece by piece.
        Assert.Equal(MemoryKeyFault.None, _fake.Device.MemoryRegions.TryResolve(
            region.LocalKey, false, _fake.Domain.Handle, 5, 1u << 31, AccessFlags.LocalWrite, null, out _, out ulong piece));
        Assert.InRange(piece, 10_240ul, 1ul << 20);
    }

    [Fact]
    public void OnDemandMemoryIsAccepted()
    {
        using MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8], AccessFlags.OnDemand | AccessFlags.LocalWrite);
        Assert.Equal(AccessFlags.OnDemand | AccessFlags.LocalWrite, region.Access);
    }

    // alloc_parent_domain
    [Fact]
    public void AParentDomainIsAnotherHandleOfItsDomain()
    {
        object context = new();
        ProtectionDomain parent = _fake.Domain.CreateParentDomain(context);
        Assert.Equal((_fake.Domain, context, 2), (parent.Inner, parent.UserContext, _fake.Device.ProtectionDomainCount));
        Assert.Null(_fake.Domain.Inner);
        MemoryRegion region = parent.AllocateMemory(8, AccessFlags.MemoryWindowBind);
        QueuePair queuePair = _fake.CreateQueuePair(state: QueuePairState.ReadyToSend);
        MemoryWindow window = _fake.Domain.AllocateWindow(MemoryWindowType.Type1);
        queuePair.BindWindow(window, region, region.Address, 8, AccessFlags.RemoteRead);
        Assert.True(queuePair.Context.SendRing.Slot(0).MemoryOperation!.TryExecute(queuePair.Context));
        window.Dispose();
        Failing.With(VerbsErrno.EINVAL, () => parent.CreateParentDomain(), "parent domain");
        Failing.With(VerbsErrno.EBUSY, parent.Dispose, "1 memory region");
        queuePair.Dispose();
        Failing.With(VerbsErrno.EBUSY, _fake.Domain.Dispose, "1 parent domain");
        region.Dispose();
        parent.Dispose();
        Assert.Throws<ObjectDisposedException>(() => parent.RegisterMemory(new byte[1]));
        _fake.Domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _fake.Domain.CreateParentDomain());
    }

    // R-VERB-18
    [Fact]
    public void ParentDomainsCountAsDomains()
    {
        using var small = new FakeDevice(FakeDevice.Rich with { MaxProtectionDomains = 2 });
        ProtectionDomain parent = small.Domain.CreateParentDomain();
        Failing.With(VerbsErrno.ENOMEM, () => small.Domain.CreateParentDomain(), "protection domains", "limit is 2");
        Failing.With(VerbsErrno.ENOMEM, () => small.Device.CreateProtectionDomain(), "limit is 2");
        parent.Dispose();
        small.Device.CreateProtectionDomain();
    }

    // advise_mr
    [Fact]
    public void AdviceIsCheckedAndHasNoEffect()
    {
        using MemoryRegion region = _fake.Domain.RegisterMemory(new byte[16]);
        using MemoryRegion readOnly = _fake.Domain.RegisterMemory(new byte[16], AccessFlags.None);
        ProtectionDomain other = _fake.Device.CreateProtectionDomain();
        foreach (MemoryAdvice advice in Enum.GetValues<MemoryAdvice>())
            _fake.Domain.AdviseMemory(advice, [region.Entry(), region.Entry(8, 8), region.Entry(16, 0)], MemoryAdviceFlags.Flush);
        _fake.Domain.AdviseMemory(MemoryAdvice.Prefetch, [readOnly.Entry()]);
        _fake.Domain.AdviseMemory(MemoryAdvice.Prefetch, []);
        Bad(VerbsErrno.EOPNOTSUPP, _fake.Domain, (MemoryAdvice)3, region.Entry(), "advice", "3");
        Bad(VerbsErrno.EFAULT, _fake.Domain, MemoryAdvice.Prefetch, region.Entry() with { Length = 17 }, "Range");
        Bad(VerbsErrno.EFAULT, _fake.Domain, MemoryAdvice.Prefetch, region.Entry() with { LocalKey = 1 }, "BadKey");
        Bad(VerbsErrno.EFAULT, _fake.Domain, MemoryAdvice.PrefetchWrite, readOnly.Entry(), "Access");
        Bad(VerbsErrno.EFAULT, other, MemoryAdvice.Prefetch, region.Entry(), "Domain");
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.AdviseMemory(MemoryAdvice.Prefetch, [], (MemoryAdviceFlags)2), "flags", "0x2");
        other.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.AdviseMemory(MemoryAdvice.Prefetch, []));

        static void Bad(
            VerbsErrno errno, ProtectionDomain domain, MemoryAdvice advice, ScatterGatherEntry entry, params string[] mentions) =>
            Failing.With(errno, () => domain.AdviseMemory(advice, [entry]), mentions);
    }

    private MemoryKeyFault Resolve(MemoryRegion region, ulong address, ulong length, AccessFlags required, out nint pointer) =>
        _fake.Device.MemoryRegions.TryResolve(region.LocalKey, remote: false, _fake.Domain.Handle, address, length, required, out pointer);
}
