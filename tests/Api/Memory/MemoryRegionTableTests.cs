using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Memory;

/// <summary>Keys and ranges (R-VERB-3, R-VERB-4, responder.md 5).</summary>
public sealed class MemoryRegionTableTests
{
    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;
    private const uint Domain = 7;

    // R-RESP "range": VA ≥ start, length ≤ len, VA ≤ start+len−length, with no overflow anywhere.
    [Theory]
    [InlineData(0x1000UL, 0UL, true)]
    [InlineData(0x1000UL, 64UL, true)]
    [InlineData(0x103FUL, 1UL, true)]
    [InlineData(0x1040UL, 0UL, true)]
    [InlineData(0x1040UL, 1UL, false)]
    [InlineData(0x1041UL, 0UL, false)]
    [InlineData(0x1000UL, 65UL, false)]
    [InlineData(0x1001UL, 64UL, false)]
    [InlineData(0xFFFUL, 1UL, false)]
    [InlineData(0xFFFUL, 0UL, false)]
    [InlineData(0UL, ulong.MaxValue, false)]
    [InlineData(0x1008UL, ulong.MaxValue - 7, false)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, false)]
    [InlineData(ulong.MaxValue, 0x1041UL, false)]
    public void OnlyRangesInsideResolve(ulong address, ulong length, bool inside)
    {
        MemoryRegionTable table = Table(10);
        uint key = table.Add(Domain, 0x1000, 64, 0x5000, All);
        MemoryKeyFault fault = table.TryResolve(key, remote: true, Domain, address, length, AccessFlags.RemoteWrite, out nint pointer);
        Assert.Equal(inside ? MemoryKeyFault.None : MemoryKeyFault.Range, fault);
        Assert.Equal(inside ? 0x5000 + (nint)(address - 0x1000) : 0, pointer);
    }

    [Fact]
    public void ARegionAtTheEndOfTheAddressSpaceDoesNotWrap()
    {
        MemoryRegionTable table = Table(10);
        uint key = table.Add(Domain, ulong.MaxValue - 15, 15, 0x5000, All);
        Assert.Equal(MemoryKeyFault.None, Resolve(table, key, ulong.MaxValue - 15, 15));
        Assert.Equal(MemoryKeyFault.Range, Resolve(table, key, ulong.MaxValue - 15, 16));
        Assert.Equal(MemoryKeyFault.Range, Resolve(table, key, ulong.MaxValue, 2));
        Assert.Equal(MemoryKeyFault.Range, Resolve(table, key, 0, 1));
    }

    // The order of the faults: key, domain, access, range.
    [Fact]
    public void TheFirstFaultIsReported()
    {
        MemoryRegionTable table = Table(10);
        uint key = table.Add(Domain, 0, 8, 0x5000, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        Assert.Equal(MemoryKeyFault.BadKey, table.TryResolve(key ^ 1, true, 99, 99, 99, AccessFlags.RemoteRead, out _));
        Assert.Equal(MemoryKeyFault.Domain, table.TryResolve(key, true, 99, 99, 99, AccessFlags.RemoteRead, out _));
        Assert.Equal(MemoryKeyFault.Access, table.TryResolve(key, true, Domain, 99, 99, AccessFlags.RemoteRead, out _));
        Assert.Equal(MemoryKeyFault.Range, table.TryResolve(key, true, Domain, 99, 99, AccessFlags.RemoteWrite, out _));
        Assert.Equal(MemoryKeyFault.None, table.TryResolve(key, true, Domain, 1, 7, AccessFlags.RemoteWrite, out _));
    }

    // R-VERB-4
    [Fact]
    public void WithoutRemoteAccessTheKeyIsNoRemoteKey()
    {
        MemoryRegionTable table = Table(10);
        uint key = table.Add(Domain, 0, 8, 0x5000, AccessFlags.LocalWrite);
        Assert.Equal(MemoryKeyFault.BadKey, table.TryResolve(key, remote: true, Domain, 0, 8, AccessFlags.None, out _));
        Assert.Equal(MemoryKeyFault.None, table.TryResolve(key, remote: false, Domain, 0, 8, AccessFlags.LocalWrite, out _));
    }

    // R-VERB-3
    [Fact]
    public void AKeyIsIndexAndVariantAndTheVariantChangesWhenTheIndexIsUsedAgain()
    {
        MemoryRegionTable table = Table(1);
        uint last = 0;
        for (int i = 0; i < 600; i++)
        {
            uint key = table.Add(Domain, 0, 8, 0x5000, All);
            Assert.Equal(1u, key >> 8);
            Assert.NotEqual(last, key);
            Assert.Equal(MemoryKeyFault.BadKey, Resolve(table, last, 0, 8));
            Assert.Equal(MemoryKeyFault.None, Resolve(table, key, 0, 8));
            Assert.True(table.Invalidate(key));
            Assert.Equal(MemoryKeyFault.BadKey, Resolve(table, key, 0, 8));
            last = key;
        }
    }

    // R-VERB-3: 256 keys, all different, until one comes back; the order is each object's own.
    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(0x7Eu)]
    [InlineData(0xFFFFFFFFu)]
    public void TheKeysOfAnObjectRunThroughAllVariantsInAnOrderOfItsOwn(uint random)
    {
        const uint first = 0x1234_56FB;
        var (keys, others) = (new MemoryKeySequence(first, random), new MemoryKeySequence(first, random + 2));
        uint[] taken = [.. Enumerable.Range(0, 256).Select(_ => keys.Take(chosen: null))];
        Assert.Equal(Enumerable.Range(0x1234_5600, 256).Select(key => (uint)key), taken.Order());
        Assert.Equal(first, taken[^1]);
        Assert.NotEqual(taken[0], others.Take(chosen: null));
    }

    [Fact]
    public void AFreedIndexComesBackLast()
    {
        MemoryRegionTable table = Table(5);
        uint first = table.Add(Domain, 0, 8, 1, All);
        table.Invalidate(first);
        var later = new List<uint>();
        for (int i = 0; i < 5; i++)
            later.Add(table.Add(Domain, 0, 8, 1, All) >> 8);
        Assert.Equal(first >> 8, later[^1]);
        Assert.Equal([1u, 2, 3, 4, 5], later.Order().ToArray());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(0xFFu)]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0x80000000u)]
    public void KeysNeverGivenOutDoNotResolve(uint key)
    {
        MemoryRegionTable table = Table(2000);
        table.Add(Domain, 0, 8, 1, All);
        Assert.Equal(MemoryKeyFault.BadKey, Resolve(table, key, 0, 1));
    }

    // R-VERB-18: exactly as many as the limit says, and every key leads to its own region.
    [Fact]
    public void AsManyAsTheLimitAllowsAndEachResolvesToItself()
    {
        const int Limit = 3000;
        MemoryRegionTable table = Table(Limit);
        uint[] keys = [.. Enumerable.Range(0, Limit).Select(i => table.Add(Domain, 0, 8, 0x10000 + (i * 8), All))];
        Failing.With(VerbsErrno.ENOMEM, () => table.Add(Domain, 0, 8, 1, All), $"{Limit}", "limit");
        for (int i = 0; i < Limit; i++)
        {
            Assert.Equal(MemoryKeyFault.None, table.TryResolve(keys[i], true, Domain, 0, 8, All, out nint pointer));
            Assert.Equal(0x10000 + (i * 8), pointer);
        }
        Assert.Equal(Limit, table.Count);
        Assert.Equal(Limit, keys.Distinct().Count());
        table.Invalidate(keys[17]);
        Assert.Equal(keys[17] >> 8, table.Add(Domain, 0, 8, 1, All) >> 8);
    }

    [Fact]
    public void ReadersSeeWholeRegionsWhileOthersComeAndGo()
    {
        MemoryRegionTable table = Table(64);
        uint lasting = table.Add(Domain, 0x1000, 64, 0x1000, All);
        bool done = false;
        uint newest = 0;
        Concurrently.Run(
            () =>
            {
                for (uint i = 1; i < 50_000; i++)
                {
                    uint key = table.Add(Domain, i * 64UL, 64, (nint)(i * 64), All);
                    Volatile.Write(ref newest, key);
                    table.Invalidate(key);
                }
                Volatile.Write(ref done, true);
            },
            () =>
            {
                while (!Volatile.Read(ref done))
                {
                    Assert.Equal(MemoryKeyFault.None, Resolve(table, lasting, 0x1000, 64));

                    // Start and pointer are equal in every region: a mixture of two would show.
                    if (table.TryResolve(Volatile.Read(ref newest), true, Domain, 0x8000, 1, All, out nint pointer) == MemoryKeyFault.None)
                        Assert.Equal(0x8000, pointer);
                }
            });
    }

    [Fact]
    public void ResolvingAllocatesNothing()
    {
        MemoryRegionTable table = Table(10);
        uint key = table.Add(Domain, 0, 8, 1, All);
        Resolve(table, key, 0, 8);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            table.TryResolve(key, true, Domain, 0, 8, All, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static MemoryRegionTable Table(int limit)
    {
        var random = new Random(5);
        return new MemoryRegionTable(limit, () => (uint)random.Next());
    }

    private static MemoryKeyFault Resolve(MemoryRegionTable table, uint key, ulong address, ulong length) =>
        table.TryResolve(key, remote: true, Domain, address, length, AccessFlags.RemoteRead, out _);
}
