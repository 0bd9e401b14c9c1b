using System.Runtime.InteropServices;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Memory;

/// <summary>rereg_mr (verbs.md 3): domain, rights, memory and all three, under the same keys; all or nothing.</summary>
public sealed class ReregistrationTests : IDisposable
{
    private const AccessFlags ReadWrite = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead;
    private readonly FakeDevice _fake = new(FakeDevice.Rich);

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void TheRightsChangeAndTheKeyStays()
    {
        using MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8], ReadWrite);
        uint key = region.LocalKey;
        region.Reregister(access: AccessFlags.RemoteRead);
        Assert.Equal((key, AccessFlags.RemoteRead), (region.RemoteKey, region.Access));
        Assert.Equal(MemoryKeyFault.Access, Resolve(region, AccessFlags.RemoteWrite));
        Assert.Equal(MemoryKeyFault.None, Resolve(region, AccessFlags.RemoteRead));
        region.Reregister(access: AccessFlags.LocalWrite);
        Assert.Equal(0u, region.RemoteKey);
        Assert.Equal(MemoryKeyFault.BadKey, Resolve(region, AccessFlags.None));
    }

    [Fact]
    public void TheDomainChangesAndHoldsTheRegionFromThenOn()
    {
        ProtectionDomain other = _fake.Device.CreateProtectionDomain();
        MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8], ReadWrite);
        region.Reregister(domain: other);
        Assert.Same(other, region.ProtectionDomain);
        Assert.Equal(MemoryKeyFault.Domain, Resolve(region, AccessFlags.RemoteRead, _fake.Domain));
        Assert.Equal(MemoryKeyFault.None, Resolve(region, AccessFlags.RemoteRead, other));
        _fake.Domain.Dispose();
        Failing.With(VerbsErrno.EBUSY, other.Dispose, "1 memory region");
        region.Dispose();
        other.Dispose();
    }

    [Fact]
    public unsafe void TheMemoryChangesAndTheOldOneIsLetGoAfterItsLastUse()
    {
        byte[] before = [1, 2, 3], after = [4, 5, 6, 7];
        using MemoryRegion region = _fake.Domain.RegisterMemory(before, ReadWrite, iova: 0x1000);
        uint key = region.LocalKey;
        ulong old = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(before, 0);
        bool asked = false;
        _fake.Provider.OnQuiesce = () =>
        {
            asked = true;
            // The key leads to the new memory, and the old one is still in its place.
            Assert.Equal(5, ReadThroughTable(region, 0x2001));
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            Assert.Equal(old, (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(before, 0));
        };
        region.Reregister(after, iova: 0x2000);
        _fake.Provider.OnQuiesce = static () => { };
        Assert.True(asked);
        Assert.Equal((key, 0x2000ul, 4ul), (region.LocalKey, region.Address, region.Length));
        Assert.Equal(after, region.Memory.ToArray());
        Assert.Equal(MemoryKeyFault.Range, Resolve(region, AccessFlags.RemoteRead, address: 0x1000));
        Assert.Equal(7, region.AsSpan(3, 1)[0]);
    }

    [Fact]
    public unsafe void AllThreeChangeAtOnce()
    {
        ProtectionDomain other = _fake.Device.CreateProtectionDomain();
        using MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8], ReadWrite);
        byte* native = (byte*)NativeMemory.AllocZeroed(16);
        native[3] = 9;
        region.Reregister((nint)native, 16, other, AccessFlags.RemoteRead | AccessFlags.ZeroBased);
        Assert.Equal((0ul, 16ul, other), (region.Address, region.Length, region.ProtectionDomain));
        Assert.Equal(9, ReadThroughTable(region, 3));
        region.Dispose();
        NativeMemory.Free(native);
    }

    [Fact]
    public void WhatCannotBeLeavesTheRegionAsItWas()
    {
        using var stranger = new FakeDevice(FakeDevice.Rich);
        using MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8], ReadWrite);
        Failing.With(VerbsErrno.EINVAL, () => region.Reregister(), "flags");
        Failing.With(VerbsErrno.EINVAL, () => region.Reregister(access: AccessFlags.RemoteWrite), "LocalWrite");
        Failing.With(VerbsErrno.EINVAL, () => region.Reregister(access: (AccessFlags)0x400), "0x400");
        Failing.With(VerbsErrno.EINVAL, () => region.Reregister(stranger.Domain), "another device");
        Failing.With(VerbsErrno.EFAULT, () => region.Reregister(0, 8), "addr");
        Failing.With(VerbsErrno.EINVAL, () => region.Reregister(-8, 9), "overflows");
        Failing.With(VerbsErrno.EINVAL, () => region.Reregister(new byte[8], iova: ulong.MaxValue), "iova");
        Failing.With(VerbsErrno.EINVAL, () => region.Reregister(new byte[8], access: AccessFlags.ZeroBased, iova: 8), "zero-based");
        ProtectionDomain gone = _fake.Device.CreateProtectionDomain();
        gone.Dispose();
        Assert.Throws<ObjectDisposedException>(() => region.Reregister(gone));
        Assert.Equal(MemoryKeyFault.None, Resolve(region, AccessFlags.RemoteWrite));
        Assert.Equal(ReadWrite, region.Access);
        region.Dispose();
        Assert.Throws<ObjectDisposedException>(() => region.Reregister(access: ReadWrite));
    }

    [Fact]
    public void ARegionThatAPeerInvalidatedIsNotBroughtBack()
    {
        using MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8], ReadWrite, peerMayInvalidate: true);
        region.Reregister(access: ReadWrite | AccessFlags.RemoteAtomic);
        Assert.True(_fake.Device.MemoryRegions.TryInvalidate(region.RemoteKey, _fake.Domain.Handle));
        Failing.With(VerbsErrno.EINVAL, () => region.Reregister(access: ReadWrite), "not in force");
        Assert.False(region.IsValid);
    }

    // "bound MW EBUSY", for rereg and dereg.
    [Fact]
    public void ARegionWithABoundWindowIsBusy()
    {
        QueuePair queuePair = _fake.CreateQueuePair();
        MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8], ReadWrite | AccessFlags.MemoryWindowBind);
        MemoryWindow window = _fake.Domain.AllocateWindow(MemoryWindowType.Type2B);
        Assert.True(_fake.Execute(queuePair, new MemoryWindowBinding(window, region, region.Address, 8, AccessFlags.RemoteRead)));
        Failing.With(VerbsErrno.EBUSY, () => region.Reregister(access: ReadWrite), "windows");
        Failing.With(VerbsErrno.EBUSY, () => region.Reregister(new byte[8]), "windows");
        Failing.With(VerbsErrno.EBUSY, region.Dispose, "windows");
        Assert.True(region.IsValid && window.IsBound);
        window.Dispose();
        region.Reregister(access: ReadWrite);
        region.Dispose();
        Assert.Equal((0, 0), (_fake.Device.MemoryRegions.Count, _fake.Device.MemoryRegions.WindowCount));
    }

    [Fact]
    public void OnlyTheUsersMemoryIsReregistered()
    {
        using DeviceMemory memory = _fake.Device.AllocateDeviceMemory(64);
        MemoryRegion[] others =
        [
            _fake.Domain.AllocateRegion(MemoryRegionType.FastRegistration, 1), _fake.Domain.RegisterAddressSpace(),
            _fake.Domain.AllocateNullRegion(), _fake.Domain.RegisterDeviceMemory(memory, 0, 8, AccessFlags.ZeroBased),
        ];
        foreach (MemoryRegion region in others)
        {
            Failing.With(VerbsErrno.EOPNOTSUPP, () => region.Reregister(access: AccessFlags.None), $"{region.Type}");
            Failing.With(VerbsErrno.EOPNOTSUPP, () => region.Reregister(new byte[1]), $"{region.Type}");
            Failing.With(VerbsErrno.EINVAL, () => region.AsSpan(0, 0), $"{region.Type}");
            region.Dispose();
        }
    }

    // A reader that resolves all the while never finds the key gone, and never a mixture of two versions.
    [Fact]
    public void TheKeyIsInForceAllTheTime()
    {
        byte[] left = GC.AllocateArray<byte>(64, pinned: true), right = GC.AllocateArray<byte>(64, pinned: true);
        nint leftAddress = Marshal.UnsafeAddrOfPinnedArrayElement(left, 0), rightAddress = Marshal.UnsafeAddrOfPinnedArrayElement(right, 0);
        using MemoryRegion region = _fake.Domain.RegisterMemory(left, ReadWrite);
        uint key = region.RemoteKey;
        bool done = false;
        Concurrently.Run(
            () =>
            {
                for (int i = 0; i < 5000; i++)
                    region.Reregister(i % 2 == 0 ? right : left);
                Volatile.Write(ref done, true);
            },
            () =>
            {
                while (!Volatile.Read(ref done))
                {
                    foreach (nint address in new[] { leftAddress, rightAddress })
                    {
                        MemoryKeyFault fault = _fake.Device.MemoryRegions.TryResolve(
                            key, true, _fake.Domain.Handle, (ulong)address, 64, AccessFlags.RemoteRead, out nint pointer);
                        Assert.True(fault == MemoryKeyFault.None ? pointer == address : fault == MemoryKeyFault.Range, $"{fault}");
                    }
                }
            });
    }

    private MemoryKeyFault Resolve(MemoryRegion region, AccessFlags required, ProtectionDomain? domain = null, ulong? address = null) =>
        _fake.Device.MemoryRegions.TryResolve(
            region.LocalKey, remote: true, (domain ?? region.ProtectionDomain).Handle, address ?? region.Address, 1, required, out _);

    private unsafe byte ReadThroughTable(MemoryRegion region, ulong address)
    {
        Assert.Equal(MemoryKeyFault.None, _fake.Device.MemoryRegions.TryResolve(
            region.RemoteKey, true, region.ProtectionDomain.Handle, address, 1, AccessFlags.RemoteRead, out nint pointer));
        return *(byte*)pointer;
    }
}
