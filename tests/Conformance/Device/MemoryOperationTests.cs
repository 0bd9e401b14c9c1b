using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>
/// Memory windows, fast registration, FLUSH and ATOMIC WRITE through the whole pipeline, over every preset and back-end (R-VERB-5..7,
/// R-REQ-26, R-REQ-30, R-RESP-27, R-RESP-29, R-RESP-30).
/// </summary>
[Collection(DeviceCollection.Name)]
public sealed class MemoryOperationTests
{
    private const int Size = 20_000;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory]
    [MemberData(nameof(Setups))]
    public void AtomicWritesAndFlushesReachThePeer(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(Size);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        Pattern.Fill(local.AsSpan(0, Size), 1);
        for (int i = 0; i < 50; i++)
        {
            a.PostSend(To(remote, i * 8) with { Opcode = SendOpcode.AtomicWrite, WorkRequestId = 1, Entry = local.Entry((ulong)i * 8, 8) });
            pair.NextSuccess(pair.QueueA, 1);
        }

        byte[] word = local.AsSpan(400, 8).ToArray();
        a.PostSend(To(remote, 400) with { Opcode = SendOpcode.AtomicWrite, WorkRequestId = 2, InlineData = word });
        Assert.Equal(WorkCompletionOpcode.AtomicWrite, pair.NextSuccess(pair.QueueA, 2).Opcode);
        a.PostSend(To(remote, 408) with { Opcode = SendOpcode.RdmaWrite, WorkRequestId = 3, Entry = local.Entry(408, Size - 408) });
        var flush = To(remote, 0) with
        {
            Opcode = SendOpcode.Flush, WorkRequestId = 4, FlushLength = Size, FlushPlacement = FlushPlacement.GlobalVisibility,
        };
        a.PostSend(flush);
        a.PostSend(flush with { WorkRequestId = 5, FlushSelectivity = FlushSelectivity.MemoryRegion, RemoteAddress = 0, FlushLength = 0 });
        a.PostSend(flush with { WorkRequestId = 6, FlushPlacement = FlushPlacement.GlobalVisibility | FlushPlacement.Persistence });
        pair.NextSuccess(pair.QueueA, 3);
        Assert.Equal(WorkCompletionOpcode.Flush, pair.NextSuccess(pair.QueueA, 4).Opcode);
        pair.NextSuccess(pair.QueueA, 5);
        pair.NextSuccess(pair.QueueA, 6);
        Assert.True(Pattern.Matches(remote.AsSpan(0, Size), 1));
    }

    // R-REQ-21: more of them at once than there are slots at either side.
    [Theory]
    [MemberData(nameof(Setups))]
    public void ManyAtOnceAreAnsweredInOrder(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect(options: new ConnectOptions { MaxReadAtomic = 2, MaxDestinationReadAtomic = 2 });
        using var local = pair.DomainA.AllocateMemory(800, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(800, DevicePair.FullAccess);
        Pattern.Fill(local.AsSpan(0, 400), 2);
        for (int i = 0; i < 50; i++)
        {
            var at = To(remote, i * 8) with { WorkRequestId = (ulong)i };
            a.PostSend((i % 3) switch
            {
                0 => at with { Opcode = SendOpcode.AtomicWrite, Entry = local.Entry((ulong)i * 8, 8) },
                1 => at with { Opcode = SendOpcode.Flush, FlushPlacement = FlushPlacement.GlobalVisibility, FlushLength = 8 },
                // What the atomic write before the last one has written.
                _ => at with { Opcode = SendOpcode.RdmaRead, Entry = local.Entry(400, 8), RemoteAddress = at.RemoteAddress - 16 },
            });
        }

        for (int i = 0; i < 50; i++)
            pair.NextSuccess(pair.QueueA, (ulong)i);
        for (int i = 0; i < 50; i++)
            Assert.Equal(i % 3 == 0 ? local.AsSpan((ulong)i * 8, 8) : new byte[8], remote.AsSpan((ulong)i * 8, 8));
        Assert.Equal(local.AsSpan(45 * 8, 8), local.AsSpan(400, 8));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void AWindowOfType1IsBoundByVerb(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        using var window = pair.DomainB.AllocateWindow(MemoryWindowType.Type1);
        Pattern.Fill(local.AsSpan(0, 10_000), 3);
        uint first = b.BindWindow(window, remote, remote.Address, 10_000, AccessFlags.RemoteWrite, workRequestId: 1);
        Assert.Equal(WorkCompletionOpcode.BindMemoryWindow, pair.NextSuccess(pair.QueueB, 1).Opcode);
        Write(pair, a, local, remote.Address, first);
        Assert.True(Pattern.Matches(remote.AsSpan(0, 10_000), 3));
        uint second = b.BindWindow(window, remote, remote.Address + 10_000, 10_000, AccessFlags.RemoteWrite, workRequestId: 2);
        pair.NextSuccess(pair.QueueB, 2);
        Write(pair, a, local, remote.Address + 10_000, second);
        Assert.True(Pattern.Matches(remote.AsSpan(10_000, 10_000), 3));
        // R-VERB-7: the first key ended with the second bind.
        a.PostSend(Request(SendOpcode.RdmaWrite, local, remote.Address, first));
        Assert.Equal(WorkCompletionStatus.RemoteAccessError, pair.Next(pair.QueueA).Status);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void AWindowOfType2IsBoundAndInvalidatedByWorkRequests(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        foreach (var type in new[] { MemoryWindowType.Type2A, MemoryWindowType.Type2B })
        {
            using var window = pair.DomainB.AllocateWindow(type);
            for (int round = 1; round <= 3; round++)
            {
                var binding = new MemoryWindowBinding(window, remote, remote.Address + 5000, 10_000,
                    AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.ZeroBased);
                b.PostSend(Local(1, binding));
                pair.NextSuccess(pair.QueueB, 1);
                Failing(VerbsErrno.EBUSY, remote.Dispose);
                Pattern.Fill(local.AsSpan(0, 10_000), round);
                Write(pair, a, local, 0, binding.RemoteKey);
                Assert.True(Pattern.Matches(remote.AsSpan(5000, 10_000), round));
                if (round == 2)
                {
                    b.PostSend(Invalidate(2, binding.RemoteKey));
                    Assert.Equal(WorkCompletionOpcode.LocalInvalidate, pair.NextSuccess(pair.QueueB, 2).Opcode);
                }
                else
                {
                    b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 3 });
                    a.PostSend(new SendWorkRequest
                    {
                        WorkRequestId = 4, Opcode = SendOpcode.SendWithInvalidate, Flags = SendFlags.Signaled,
                        InvalidateKey = binding.RemoteKey,
                    });
                    Assert.Equal(binding.RemoteKey, pair.NextSuccess(pair.QueueB, 3).InvalidatedKey);
                    pair.NextSuccess(pair.QueueA, 4);
                }

                Assert.False(window.IsBound);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void FastRegistrationsSpanPagesOnBothSides(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var source = new FastPages(pair.DomainA);
        using var target = new FastPages(pair.DomainB);
        Pattern.Fill(source.Logical, 4);
        source.Store();
        var (near, far) = (source.Register(), target.Register());
        a.PostSend(Local(1, near));
        b.PostSend(Local(2, far));
        pair.NextSuccess(pair.QueueB, 2);
        // R-REQ-30: the write behind the registration uses it at once, and the invalidation waits for the write.
        a.PostSend(new SendWorkRequest
        {
            WorkRequestId = 3, Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = near.Entry(0, FastPages.Length),
            RemoteAddress = far.Address, RemoteKey = far.Key,
        });
        a.PostSend(Invalidate(4, near.Key));
        foreach (ulong id in new ulong[] { 1, 3, 4 })
            pair.NextSuccess(pair.QueueA, id);
        Assert.False(near.Region.IsValid);
        target.Load();
        Assert.True(Pattern.Matches(target.Logical, 4));
        using var sink = pair.DomainA.AllocateMemory(FastPages.Length);
        a.PostSend(Request(SendOpcode.RdmaRead, sink, far.Address, far.Key, FastPages.Length));
        pair.NextSuccess(pair.QueueA, 9);
        Assert.True(Pattern.Matches(sink.AsSpan(0, FastPages.Length), 4));
        b.PostSend(Invalidate(5, far.Key));
        pair.NextSuccess(pair.QueueB, 5);
        a.PostSend(Request(SendOpcode.RdmaRead, sink, far.Address, far.Key, FastPages.Length));
        Assert.Equal(WorkCompletionStatus.RemoteAccessError, pair.Next(pair.QueueA).Status);
    }

    // completion.md 3: a bind that fails is MW_BIND_ERR, a registration or invalidation LOC_QP_OP_ERR; the queue pair is in ERR, the
    // peer's not.
    [Theory]
    [MemberData(nameof(Setups))]
    public void FailedMemoryOperationsEndTheQueuePair(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var region = pair.DomainA.AllocateMemory(64, DevicePair.FullAccess);
        using var pages = new FastPages(pair.DomainA);
        using var window = pair.DomainA.AllocateWindow(MemoryWindowType.Type2B);
        foreach (var (bad, status) in new (SendWorkRequest, WorkCompletionStatus)[]
        {
            (Local(1, new MemoryWindowBinding(window, region, region.Address, 65, AccessFlags.RemoteRead)),
                WorkCompletionStatus.MemoryWindowBindError),
            (Invalidate(1, region.LocalKey), WorkCompletionStatus.LocalQueuePairOperationError),
            (Invalidate(1, pages.Register().Key), WorkCompletionStatus.LocalQueuePairOperationError),
        })
        {
            var (a, b) = pair.Connect();
            a.PostSend(bad);
            a.PostSend(Invalidate(2, 0x100));
            var (first, second) = (pair.Next(pair.QueueA), pair.Next(pair.QueueA));
            Assert.Equal((1ul, status), (first.WorkRequestId, first.Status));
            Assert.Equal((2ul, WorkCompletionStatus.WorkRequestFlushedError), (second.WorkRequestId, second.Status));
            Assert.Equal((QueuePairState.Error, QueuePairState.ReadyToSend), (a.State, b.State));
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void DeviceMemoryNullRegionsAndTheAddressSpaceWorkAsAnyOther(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect();
        using var memory = pair.B.AllocateDeviceMemory(Size);
        using var remote = pair.DomainB.CreateParentDomain().RegisterDeviceMemory(
            memory, 0, Size, DevicePair.FullAccess & ~AccessFlags.MemoryWindowBind | AccessFlags.ZeroBased);
        using var space = pair.DomainA.RegisterAddressSpace();
        using var nothing = pair.DomainA.AllocateNullRegion();
        byte[] plain = GC.AllocateArray<byte>(Size, pinned: true);
        Pattern.Fill(plain, 6);
        ulong address = (ulong)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(plain, 0);
        var entry = new ScatterGatherEntry(address, Size, space.LocalKey);
        Run(SendOpcode.RdmaWrite, entry);
        byte[] seen = new byte[Size];
        memory.CopyTo(0, seen);
        Assert.True(Pattern.Matches(seen, 6));
        Array.Clear(plain);
        Run(SendOpcode.RdmaRead, entry);
        Assert.True(Pattern.Matches(plain, 6));
        // What is read into nothing is gone, and what is written from it is zero.
        Run(SendOpcode.RdmaRead, new ScatterGatherEntry(77, Size, nothing.LocalKey));
        Run(SendOpcode.RdmaWrite, new ScatterGatherEntry(5, Size, nothing.LocalKey));
        memory.CopyTo(0, seen);
        Assert.Equal(-1, seen.AsSpan().IndexOfAnyExcept((byte)0));

        void Run(SendOpcode opcode, ScatterGatherEntry local)
        {
            a.PostSend(To(remote, 0) with { Opcode = opcode, WorkRequestId = 1, Entry = local });
            pair.NextSuccess(pair.QueueA, 1);
        }
    }

    // rereg_mr under way: the key is in force all the time, and each write lands in one of the two places.
    [Theory]
    [MemberData(nameof(Setups))]
    public void MemoryIsReregisteredUnderTraffic(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(Size);
        byte[] left = new byte[Size], right = new byte[Size];
        using var remote = pair.DomainB.RegisterMemory(left, DevicePair.FullAccess | AccessFlags.ZeroBased);
        for (int round = 1; round <= 8; round++)
        {
            Pattern.Fill(local.AsSpan(0, Size), round);
            a.PostSend(To(remote, 0) with { Opcode = SendOpcode.RdmaWrite, WorkRequestId = 1, Entry = local.Entry() });
            remote.Reregister(round % 2 == 0 ? left : right);
            pair.NextSuccess(pair.QueueA, 1);
            a.PostSend(To(remote, 0) with { Opcode = SendOpcode.RdmaWrite, WorkRequestId = 2, Entry = local.Entry() });
            pair.NextSuccess(pair.QueueA, 2);
            Assert.True(Pattern.Matches(round % 2 == 0 ? left : right, round));
        }
    }

    private static void Write(DevicePair pair, QueuePair from, MemoryRegion local, ulong address, uint key)
    {
        from.PostSend(Request(SendOpcode.RdmaWrite, local, address, key));
        pair.NextSuccess(pair.QueueA, 9);
    }

    private static SendWorkRequest Request(SendOpcode opcode, MemoryRegion local, ulong address, uint key, int length = 10_000) => new()
    {
        WorkRequestId = 9, Opcode = opcode, Flags = SendFlags.Signaled, Entry = local.Entry(0, (ulong)length), RemoteAddress = address,
        RemoteKey = key,
    };

    private static SendWorkRequest To(MemoryRegion remote, int offset) => new()
    {
        Flags = SendFlags.Signaled, RemoteAddress = remote.Address + (ulong)offset, RemoteKey = remote.RemoteKey,
    };

    private static SendWorkRequest Local(ulong id, MemoryOperation operation) =>
        new() { WorkRequestId = id, Opcode = operation.Opcode, Flags = SendFlags.Signaled, MemoryOperation = operation };

    private static SendWorkRequest Invalidate(ulong id, uint key) =>
        new() { WorkRequestId = id, Opcode = SendOpcode.LocalInvalidate, Flags = SendFlags.Signaled, InvalidateKey = key };

    private static void Failing(VerbsErrno errno, Action verb) => Assert.Equal(errno, Assert.Throws<RdmaException>(verb).Errno);
}
