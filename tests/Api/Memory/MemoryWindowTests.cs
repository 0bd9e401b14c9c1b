using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Memory;

/// <summary>alloc_mw, dealloc_mw, bind_mw and the binding that is posted (verbs.md 3, R-VERB-3, R-VERB-6, R-VERB-7).</summary>
public sealed class MemoryWindowTests : IDisposable
{
    private const AccessFlags Bindable = AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind;
    private readonly FakeDevice _fake = new(FakeDevice.Rich);
    private readonly MemoryRegion _region;

    public MemoryWindowTests() => _region = _fake.Domain.AllocateMemory(64, Bindable);

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void AWindowBeginsUnbound()
    {
        foreach (MemoryWindowType type in Enum.GetValues<MemoryWindowType>())
        {
            MemoryWindow window = _fake.Domain.AllocateWindow(type);
            Assert.Equal((type, false), (window.Type, window.IsBound));
            // verbs.md 8: the indices of windows lie behind those of regions.
            Assert.True(window.RemoteKey >> 8 > (uint)_fake.Device.Attributes.MaxMemoryRegions);
            Assert.Equal(1, _fake.Device.MemoryWindowCount);
            window.Dispose();
            window.Dispose();
            Assert.Equal((0, 0), (_fake.Device.MemoryWindowCount, _fake.Device.MemoryRegions.WindowCount));
        }
    }

    [Theory]
    [InlineData(MemoryWindowType.Type1, DeviceCapabilities.MemoryWindow)]
    [InlineData(MemoryWindowType.Type2A, DeviceCapabilities.MemoryWindowType2A)]
    [InlineData(MemoryWindowType.Type2B, DeviceCapabilities.MemoryWindowType2B)]
    public void EachTypeNeedsItsFeature(MemoryWindowType type, DeviceCapabilities feature)
    {
        using var without = new FakeDevice(FakeDevice.Rich with { Capabilities = FakeDevice.Rich.Capabilities & ~feature });
        Failing.With(VerbsErrno.EOPNOTSUPP, () => without.Domain.AllocateWindow(type), $"{type}");
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.AllocateWindow((MemoryWindowType)4), "type", "4");
    }

    // R-VERB-18, R-VERB-19
    [Fact]
    public void LimitAndDomainCountWindows()
    {
        using var small = new FakeDevice(FakeDevice.Rich with { MaxMemoryWindows = 2 });
        MemoryWindow first = small.Domain.AllocateWindow(MemoryWindowType.Type1);
        MemoryWindow second = small.Domain.AllocateWindow(MemoryWindowType.Type2B);
        Failing.With(VerbsErrno.ENOMEM, () => small.Domain.AllocateWindow(MemoryWindowType.Type1), "memory windows", "limit is 2");
        Failing.With(VerbsErrno.EBUSY, small.Domain.Dispose, "2 memory window");
        first.Dispose();
        small.Domain.AllocateWindow(MemoryWindowType.Type1).Dispose();
        second.Dispose();
        small.Domain.Dispose();
    }

    // "unbinds if bound"; the memory stays where it is until the last use is over.
    [Fact]
    public void DisposeUnbindsAndWaitsForTheLastUse()
    {
        MemoryWindow window = Bound(MemoryWindowType.Type2B);
        uint key = window.RemoteKey;
        bool asked = false;
        _fake.Provider.OnQuiesce = () =>
        {
            asked = true;
            Assert.False(_fake.Device.MemoryRegions.Contains(key));
        };
        window.Dispose();
        Assert.True(asked);
        Assert.False(window.IsBound);
        _region.Dispose();
    }

    [Fact]
    public void DisposingOfTheDeviceDisposesOfBoundWindowsFirst()
    {
        Bound(MemoryWindowType.Type1);
        Bound(MemoryWindowType.Type2A);
        DeviceMemory memory = _fake.Device.AllocateDeviceMemory(8);
        _fake.Domain.RegisterDeviceMemory(memory, 0, 8, AccessFlags.ZeroBased);
        _fake.Domain.CreateParentDomain().AllocateWindow(MemoryWindowType.Type1);
        _fake.Device.Dispose();
        RdmaDevice device = _fake.Device;
        Assert.Equal((0, 0), (device.MemoryWindowCount, device.MemoryRegionCount));
        Assert.Equal((0, 0), (device.DeviceMemoryCount, device.ProtectionDomainCount));
        Assert.Equal((0, 0), (device.MemoryRegions.Count, device.MemoryRegions.WindowCount));
    }

    [Fact]
    public void BadBindingsAreNamed()
    {
        using var stranger = new FakeDevice(FakeDevice.Rich);
        MemoryWindow one = _fake.Domain.AllocateWindow(MemoryWindowType.Type1), two = _fake.Domain.AllocateWindow(MemoryWindowType.Type2B);
        MemoryRegion foreign = stranger.Domain.AllocateMemory(8, Bindable);
        Bad(() => Binding(two, AccessFlags.LocalWrite), "mw_access_flags", "LocalWrite");
        Bad(() => Binding(two, AccessFlags.MemoryWindowBind), "mw_access_flags", "MemoryWindowBind");
        Bad(() => Binding(one, AccessFlags.ZeroBased), "type 1", "zero-based");
        Bad(() => Binding(one, AccessFlags.None, one.RemoteKey), "type 1", "rkey");
        Bad(() => Binding(two, AccessFlags.None, two.RemoteKey ^ 0x100), "rkey", "low 8 bits");
        Bad(() => new MemoryWindowBinding(two, null, 0, 8, AccessFlags.None), "mr is missing", "8 bytes");
        Bad(() => new MemoryWindowBinding(two, null, 8, 0, AccessFlags.None), "mr is missing");
        Bad(() => new MemoryWindowBinding(two, foreign, foreign.Address, 8, AccessFlags.None), "another device");
        two.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Binding(two, AccessFlags.None));

        static void Bad(Func<MemoryWindowBinding> make, params string[] mentions) =>
            Failing.With(VerbsErrno.EINVAL, () => make(), mentions);
    }

    [Fact]
    public void ABindingSaysWhatItWillBe()
    {
        MemoryWindow window = _fake.Domain.AllocateWindow(MemoryWindowType.Type2A);
        uint chosen = window.RemoteKey ^ 0x3C;
        MemoryWindowBinding binding = Binding(window, AccessFlags.RemoteRead, chosen);
        Assert.Equal((window, _region, _region.Address, 64ul, AccessFlags.RemoteRead, chosen),
            (binding.Window, binding.Region, binding.Address, binding.Length, binding.Access, binding.RemoteKey));
        Assert.Equal(0ul, Binding(window, AccessFlags.ZeroBased).Address);
        // What was made and not executed has changed nothing.
        Assert.False(window.IsBound);
        Assert.NotEqual(chosen, window.RemoteKey);
    }

    [Fact]
    public void TheVerbPostsABindAndGivesTheNewKey()
    {
        QueuePair queuePair = _fake.CreateQueuePair(state: QueuePairState.ReadyToSend);
        MemoryWindow window = _fake.Domain.AllocateWindow(MemoryWindowType.Type1);
        uint key = queuePair.BindWindow(window, _region, _region.Address + 8, 16, AccessFlags.RemoteRead, workRequestId: 7);
        uint next = queuePair.BindWindow(window, null, 0, 0, AccessFlags.None, flags: SendFlags.Fence);
        Assert.Equal(3, new[] { key, next, window.RemoteKey }.Distinct().Count());
        Assert.Equal(key >> 8, next >> 8);
        SendWqe wqe = queuePair.Context.SendRing.Slot(0);
        Assert.Equal((SendOpcode.BindMemoryWindow, 7ul, SendFlags.Signaled), (wqe.Opcode, wqe.WorkRequestId, wqe.Flags));
        Assert.Equal(SendFlags.Fence, queuePair.Context.SendRing.Slot(1).Flags);
        Assert.True(wqe.MemoryOperation!.TryExecute(queuePair.Context));
        Assert.Equal((key, true), (window.RemoteKey, window.IsBound));
        Assert.True(queuePair.Context.SendRing.Slot(1).MemoryOperation!.TryExecute(queuePair.Context));
        Assert.Equal((next, false), (window.RemoteKey, window.IsBound));
    }

    [Fact]
    public void TheVerbRefusesWhatItCannotBind()
    {
        QueuePair queuePair = _fake.CreateQueuePair(state: QueuePairState.ReadyToSend);
        ProtectionDomain other = _fake.Device.CreateProtectionDomain();
        MemoryWindow one = _fake.Domain.AllocateWindow(MemoryWindowType.Type1), two = _fake.Domain.AllocateWindow(MemoryWindowType.Type2B);
        MemoryWindow elsewhere = other.AllocateWindow(MemoryWindowType.Type1);
        Refused(VerbsErrno.EINVAL, two, _region, 8, AccessFlags.None, "Type2B");
        Refused(VerbsErrno.EPERM, elsewhere, _region, 8, AccessFlags.None, "protection domains");
        Refused(VerbsErrno.EINVAL, elsewhere, null, 0, AccessFlags.None, "memory window", "protection domain");
        Refused(VerbsErrno.EINVAL, one, _region, 8, AccessFlags.ZeroBased, "zero-based");
        Refused(VerbsErrno.EINVAL, one, null, 8, AccessFlags.None, "mr is missing");
        Assert.Equal(0, queuePair.Context.SendRing.Tail);

        void Refused(
            VerbsErrno errno, MemoryWindow window, MemoryRegion? region, ulong length, AccessFlags access, params string[] mentions) =>
            Failing.With(errno, () => queuePair.BindWindow(window, region, region?.Address ?? 0, length, access), mentions);
    }

    // Of bind, invalidation, disposal of the window and of the region at the same time, each is whole or not at all: in the end nothing is
    // bound, counted or in force.
    [Fact]
    public void ChangesFromManyThreadsNeverLeaveAnythingBehind()
    {
        QueuePair queuePair = _fake.CreateQueuePair();
        MemoryRegionTable table = _fake.Device.MemoryRegions;
        for (int round = 0; round < 300; round++)
        {
            MemoryRegion region = _fake.Domain.AllocateMemory(64, Bindable);
            MemoryWindow window = _fake.Domain.AllocateWindow(round % 2 == 0 ? MemoryWindowType.Type1 : MemoryWindowType.Type2B);
            MemoryWindowBinding[] bindings =
                [.. Enumerable.Range(0, 8).Select(_ => Binding(window, AccessFlags.RemoteRead, region: region))];
            Concurrently.Run(
                () => Execute(bindings[..4]),
                () => Execute(bindings[4..]),
                window.Dispose,
                () =>
                {
                    foreach (MemoryWindowBinding binding in bindings)
                        table.TryInvalidate(binding.RemoteKey, _fake.Domain.Handle, queuePair.Context);
                });
            Assert.DoesNotContain(bindings, b => table.Contains(b.RemoteKey));
            Assert.False(region.Current.HasWindows);
            region.Dispose();
            Assert.Equal((1, 0), (table.Count, table.WindowCount));
        }

        void Execute(MemoryWindowBinding[] bindings)
        {
            foreach (MemoryWindowBinding binding in bindings)
                binding.TryExecute(queuePair.Context);
        }
    }

    private MemoryWindow Bound(MemoryWindowType type)
    {
        MemoryWindow window = _fake.Domain.AllocateWindow(type);
        Assert.True(_fake.Execute(_fake.CreateQueuePair(), Binding(window, AccessFlags.RemoteRead)));
        Assert.True(window.IsBound);
        return window;
    }

    private MemoryWindowBinding Binding(MemoryWindow window, AccessFlags access, uint? key = null, MemoryRegion? region = null)
    {
        region ??= _region;
        return new(window, region, region.Address, 64, access, key);
    }
}
