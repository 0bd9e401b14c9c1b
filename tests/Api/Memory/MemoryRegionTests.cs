using System.Runtime.InteropServices;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Memory;

/// <summary>Registration of every kind of memory and its end (verbs.md 3).</summary>
public sealed class MemoryRegionTests : IDisposable
{
    private const AccessFlags ReadWrite = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead;
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void AnArrayIsPinnedAndReachedByItsAddress()
    {
        byte[] array = new byte[100];
        using MemoryRegion region = _fake.Domain.RegisterMemory(array, ReadWrite);
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        array[42] = 7;
        Assert.Equal(7, region.AsSpan(42, 1)[0]);
        Assert.Equal((100UL, region.LocalKey), (region.Length, region.RemoteKey));
        Assert.Equal(7, ReadThroughTable(region, region.Address + 42));
    }

    [Fact]
    public void ASliceOfMemoryBeginsAtTheSlice()
    {
        byte[] array = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        using MemoryRegion region = _fake.Domain.RegisterMemory(array.AsMemory(10, 20), ReadWrite);
        Assert.Equal(10, ReadThroughTable(region, region.Address));
        Assert.Equal(29, ReadThroughTable(region, region.Address + 19));
        Assert.Equal(MemoryKeyFault.Range, Resolve(region, region.Address + 20, 1));
    }

    [Fact]
    public unsafe void NativeMemoryIsReachedByItsAddress()
    {
        void* native = NativeMemory.AllocZeroed(64);
        try
        {
            using MemoryRegion region = _fake.Domain.RegisterMemory((nint)native, 64, ReadWrite);
            ((byte*)native)[5] = 9;
            Assert.Equal((ulong)native, region.Address);
            Assert.Equal(9, region.AsSpan(0, 64)[5]);
            Assert.True(region.Memory.IsEmpty);
        }
        finally
        {
            NativeMemory.Free(native);
        }
    }

    [Fact]
    public void AllocatedMemoryIsZeroAndRegistered()
    {
        using MemoryRegion region = _fake.Domain.AllocateMemory(32);
        Assert.Equal(new byte[32], region.Memory.ToArray());
        Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.AllocateMemory(-1), "length", "-1");
    }

    // verbs.md 3: len 0 allowed
    [Fact]
    public void ZeroLengthIsARegion()
    {
        using MemoryRegion empty = _fake.Domain.RegisterMemory(Memory<byte>.Empty, ReadWrite);
        using MemoryRegion native = _fake.Domain.RegisterMemory(0, 0, ReadWrite);
        Assert.NotEqual(0u, empty.LocalKey);
        Assert.Equal(MemoryKeyFault.None, Resolve(empty, empty.Address, 0));
        Assert.Equal(MemoryKeyFault.Range, Resolve(native, native.Address, 1));
        Assert.Equal(0u, empty.Entry().Length);
    }

    [Fact]
    public void AnIovaOrZeroBaseReplacesTheAddress()
    {
        byte[] array = [1, 2, 3, 4];
        using MemoryRegion moved = _fake.Domain.RegisterMemory(array, ReadWrite, iova: 0x1_0000_0000);
        using MemoryRegion zero = _fake.Domain.RegisterMemory(array, ReadWrite | AccessFlags.ZeroBased);
        Assert.Equal(0x1_0000_0000UL, moved.Address);
        Assert.Equal(3, ReadThroughTable(moved, 0x1_0000_0002));
        Assert.Equal(0UL, zero.Address);
        Assert.Equal(4, ReadThroughTable(zero, 3));
        Failing.With(
            VerbsErrno.EINVAL, () => _fake.Domain.RegisterMemory(array, AccessFlags.ZeroBased, iova: 8), "iova", "0x8", "zero-based");
    }

    [Fact]
    public void ImpossibleRangesAreRefused()
    {
        ProtectionDomain domain = _fake.Domain;
        Failing.With(VerbsErrno.EFAULT, () => domain.RegisterMemory(0, 1), "addr", "length of 1");
        Failing.With(VerbsErrno.EINVAL, () => domain.RegisterMemory(-8, 9), "0xfffffffffffffff8", "9", "overflows");
        Failing.With(VerbsErrno.EINVAL, () => domain.RegisterMemory(8, 8, iova: ulong.MaxValue - 3), "iova", "overflows");
        using var small = new FakeDevice(new DeviceAttributes { Name = "small", MaxMemoryRegionSize = 16 });
        Failing.With(VerbsErrno.EINVAL, () => small.Domain.RegisterMemory(8, 17), "length", "17", "16");
        using MemoryRegion largest = small.Domain.RegisterMemory(8, 16);
    }

    [Theory]
    [InlineData(AccessFlags.RemoteWrite, VerbsErrno.EINVAL, "RemoteWrite needs LocalWrite")]
    [InlineData(AccessFlags.RemoteAtomic | AccessFlags.RemoteRead, VerbsErrno.EINVAL, "RemoteAtomic needs LocalWrite")]
    [InlineData((AccessFlags)0x400, VerbsErrno.EINVAL, "0x400")]
    [InlineData((AccessFlags)(1 << 30), VerbsErrno.EINVAL, "0x40000000")]
    [InlineData(AccessFlags.OnDemand, VerbsErrno.EOPNOTSUPP, "OnDemand")]
    [InlineData(AccessFlags.MemoryWindowBind, VerbsErrno.EOPNOTSUPP, "MemoryWindowBind")]
    [InlineData(AccessFlags.FlushGlobal, VerbsErrno.EOPNOTSUPP, "FlushGlobal")]
    [InlineData(AccessFlags.FlushPersistent, VerbsErrno.EOPNOTSUPP, "FlushPersistent")]
    public void WrongAccessIsRefusedAndNothingIsLeft(AccessFlags access, VerbsErrno errno, string mentions)
    {
        Failing.With(errno, () => _fake.Domain.RegisterMemory(new byte[8], access), "access", mentions);
        Assert.Equal((0, 0), (_fake.Device.MemoryRegionCount, _fake.Device.MemoryRegions.Count));
    }

    [Theory]
    [InlineData(AccessFlags.None)]
    [InlineData(AccessFlags.RemoteRead)]
    [InlineData(AccessFlags.LocalWrite | AccessFlags.RemoteAtomic)]
    [InlineData(AccessFlags.HugeTlb)]
    [InlineData(AccessFlags.RelaxedOrdering)]
    [InlineData((AccessFlags)(1 << 29))]
    public void LegalAccessAndUnknownHintsAreAccepted(AccessFlags access)
    {
        using MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8], access);
        Assert.Equal(access, region.Access);
    }

    [Fact]
    public void FeaturesOfTheDeviceAllowTheirAccess()
    {
        using var rich = new FakeDevice(new DeviceAttributes
        {
            Name = "rich",
            Capabilities = DeviceCapabilities.MemoryWindow | DeviceCapabilities.FlushGlobal | DeviceCapabilities.FlushPersistent,
        });
        rich.Domain.RegisterMemory(new byte[8], AccessFlags.MemoryWindowBind | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent);
    }

    // R-VERB-4
    [Fact]
    public void OnlyRemoteAccessGivesARemoteKey()
    {
        using MemoryRegion local = _fake.Domain.RegisterMemory(new byte[8]);
        using MemoryRegion remote = _fake.Domain.RegisterMemory(new byte[8], AccessFlags.RemoteRead);
        Assert.Equal(0u, local.RemoteKey);
        Assert.NotEqual(0u, local.LocalKey);
        Assert.NotEqual(0u, remote.RemoteKey);
    }

    [Fact]
    public void EntriesStayInside()
    {
        using MemoryRegion region = _fake.Domain.RegisterMemory(new byte[16]);
        Assert.Equal(new ScatterGatherEntry(region.Address + 4, 12, region.LocalKey), region.Entry(4, 12));
        Failing.With(VerbsErrno.EINVAL, () => region.Entry(4, 13), "offset 4", "length 13", "16");
        Failing.With(VerbsErrno.EINVAL, () => region.Entry(17, 0), "offset 17");
        Failing.With(VerbsErrno.EINVAL, () => region.Entry(8, ulong.MaxValue), "outside");
        Failing.With(VerbsErrno.EINVAL, () => region.AsSpan(0, -1), "length", "-1");
        using MemoryRegion huge = _fake.Domain.RegisterMemory(4096, 1UL << 33);
        Failing.With(VerbsErrno.EINVAL, () => huge.Entry(), "4294967295");
    }

    // Dereg: the key ends before the wait, the memory is unpinned after it.
    [Fact]
    public void DisposeEndsTheKeyAtOnceAndReturnsAfterTheLastUse()
    {
        byte[] array = new byte[64];
        MemoryRegion region = _fake.Domain.RegisterMemory(array, ReadWrite);
        ulong address = region.Address;
        bool asked = false;
        _fake.Provider.OnQuiesce = () =>
        {
            asked = true;
            Assert.Equal(MemoryKeyFault.BadKey, Resolve(region, address, 1));

            // Still pinned: a compacting collection must leave it where the last users know it.
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            Assert.Equal(address, (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(array, 0));
            Assert.Equal(1, _fake.Device.MemoryRegionCount);
        };
        region.Dispose();
        region.Dispose();
        Assert.True(asked);
        Assert.Equal(1, _fake.Provider.QuiesceCalls);
        Assert.Equal(0, _fake.Device.MemoryRegionCount);
        Assert.Throws<ObjectDisposedException>(() => region.AsSpan(0, 1).Length);
        Assert.False(region.IsValid);
    }

    [Fact]
    public void ADisposeThatLosesTheRaceReturnsWhenTheOtherIsDone()
    {
        MemoryRegion region = _fake.Domain.RegisterMemory(new byte[8]);
        using var inside = new ManualResetEventSlim();
        bool finished = false;
        _fake.Provider.OnQuiesce = () =>
        {
            inside.Set();
            Thread.Yield();
            Volatile.Write(ref finished, true);
        };
        Concurrently.Run(
            region.Dispose,
            () =>
            {
                inside.Wait();
                region.Dispose();
                Assert.True(Volatile.Read(ref finished));
                Assert.Equal(0, _fake.Device.MemoryRegionCount);
            });
    }

    private MemoryKeyFault Resolve(MemoryRegion region, ulong address, ulong length) => _fake.Device.MemoryRegions.TryResolve(
        region.LocalKey, remote: false, _fake.Domain.Handle, address, length, AccessFlags.None, out _);

    private unsafe byte ReadThroughTable(MemoryRegion region, ulong address)
    {
        Assert.Equal(MemoryKeyFault.None, _fake.Device.MemoryRegions.TryResolve(
            region.RemoteKey, remote: true, _fake.Domain.Handle, address, 1, AccessFlags.RemoteRead, out nint pointer));
        return *(byte*)pointer;
    }
}
