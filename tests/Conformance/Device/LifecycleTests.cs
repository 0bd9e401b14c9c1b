using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What ends while it is in use: queue pairs, regions, devices.</summary>
[Collection(DeviceCollection.Name)]
public class LifecycleTests
{
    private const int Size = 1 << 18;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory]
    [MemberData(nameof(Setups))]
    public void QueuePairsMayBeDestroyedUnderLoad(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var local = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        var numbers = new HashSet<uint>();
        for (int round = 0; round < 20; round++)
        {
            var (a, b) = pair.Connect(options: new ConnectOptions { Timeout = 10, RetryCount = 1 });
            Assert.True(numbers.Add(a.Number), "R-VERB-8: a number does not come back at once");
            PostWrites(a, local, remote, 16);
            PostWrites(b, remote, local, 16);
            for (int turn = 0; turn < round; turn++)
                pair.A.Provider.Drive();
            (round % 2 == 0 ? a : b).Dispose();
            (round % 2 == 0 ? b : a).Dispose();
            while (pair.QueueA.Poll(new WorkCompletion[64]) + pair.QueueB.Poll(new WorkCompletion[64]) > 0)
            {
            }
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void NobodyTouchesARegionAfterItsDisposal(DeviceSetup setup)
    {
        for (int round = 0; round < 10; round++)
        {
            using var pair = new DevicePair(setup);
            byte[] backing = GC.AllocateArray<byte>(Size, pinned: true);
            var (a, b) = pair.Connect(options: new ConnectOptions { Timeout = 10, RetryCount = 1 });
            using var local = pair.DomainA.AllocateMemory(Size);
            Pattern.Fill(local.AsSpan(0, Size), 77);
            var remote = pair.DomainB.RegisterMemory(backing, DevicePair.FullAccess);
            PostWrites(a, local, remote, 16);
            for (int turn = 0; turn < round; turn++)
                pair.A.Provider.Drive();
            remote.Dispose();
            backing.AsSpan().Fill(0xEE);
            for (int i = 0; i < 16; i++)
                pair.Next(pair.QueueA);
            Assert.Equal(-1, backing.AsSpan().IndexOfAnyExcept((byte)0xEE));
            pair.Until(() => b.State == QueuePairState.Error || a.State == QueuePairState.ReadyToSend, "an end");
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ASourceRegionMayBeDisposedOfWhilePacketsAreQueued(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect(options: new ConnectOptions { Timeout = 10, RetryCount = 1 });
        var local = pair.DomainA.AllocateMemory(Size);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        PostWrites(a, local, remote, 8);
        local.Dispose();
        var statuses = Enumerable.Range(0, 8).Select(_ => pair.Next(pair.QueueA).Status).ToArray();
        WorkCompletionStatus[] legal =
            [WorkCompletionStatus.Success, WorkCompletionStatus.LocalProtectionError, WorkCompletionStatus.WorkRequestFlushedError];
        Assert.All(statuses, status => Assert.Contains(status, legal));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void DevicesMayBeClosedUnderLoad(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        var local = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        PostWrites(a, local, remote, 32);
        if (a != b)
            PostWrites(b, remote, local, 32);
        pair.A.Provider.Drive();
    }

    private static void PostWrites(QueuePair queuePair, MemoryRegion local, MemoryRegion remote, int count)
    {
        for (int i = 0; i < count; i++)
        {
            queuePair.PostSend(new SendWorkRequest
            {
                WorkRequestId = (ulong)i,
                Opcode = SendOpcode.RdmaWrite,
                Flags = SendFlags.Signaled,
                Entry = local.Entry(),
                RemoteAddress = remote.Address,
                RemoteKey = remote.RemoteKey,
            });
        }
    }
}
