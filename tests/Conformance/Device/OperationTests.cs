using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Every operation of a reliable connection through the whole pipeline, over every preset and back-end.</summary>
[Collection(DeviceCollection.Name)]
public class OperationTests
{
    private const uint Immediate = 0x12345678;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    private static readonly int[] Sizes = [0, 1, 3, 64, 255, 256, 1023, 1024, 4095, 4096, 4097, 65_536, 100_001, 1 << 20];

    [Theory]
    [MemberData(nameof(Setups))]
    public void SendOfEverySizeArrives(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var source = pair.DomainA.AllocateMemory(1 << 20);
        using var sink = pair.DomainB.AllocateMemory(1 << 20, DevicePair.FullAccess);
        foreach (int size in Sizes)
        {
            Pattern.Fill(source.AsSpan(0, size), size);
            sink.AsSpan(0, 1 << 20).Clear();
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 7, Entry = sink.Entry() });
            a.PostSend(Send(SendOpcode.SendWithImmediate, 8, source, size) with { Immediate = Immediate });
            var received = pair.NextSuccess(pair.QueueB, 7);
            Assert.Equal((uint)size, received.ByteLength);
            Assert.Equal(Immediate, received.Immediate);
            Assert.Equal(WorkCompletionFlags.WithImmediate, received.Flags & WorkCompletionFlags.WithImmediate);
            Assert.Equal(b.Number, received.QueuePairNumber);
            Assert.True(Pattern.Matches(sink.AsSpan(0, size), size), $"{size} bytes");
            Assert.Equal(WorkCompletionOpcode.Send, pair.NextSuccess(pair.QueueA, 8).Opcode);
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void WriteAndReadOfEverySizeMoveTheBytes(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(2 << 20, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(1 << 20, DevicePair.FullAccess);
        foreach (int size in Sizes)
        {
            Pattern.Fill(local.AsSpan(0, size), size);
            remote.AsSpan(0, 1 << 20).Clear();
            a.PostSend(Send(SendOpcode.RdmaWrite, 1, local, size) with { RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey });
            Assert.Equal(WorkCompletionOpcode.RdmaWrite, pair.NextSuccess(pair.QueueA, 1).Opcode);
            Assert.True(Pattern.Matches(remote.AsSpan(0, size), size), $"write of {size} bytes");
            a.PostSend(new SendWorkRequest
            {
                WorkRequestId = 2,
                Opcode = SendOpcode.RdmaRead,
                Flags = SendFlags.Signaled,
                Entry = local.Entry(1 << 20, (ulong)size),
                RemoteAddress = remote.Address,
                RemoteKey = remote.RemoteKey,
            });
            Assert.Equal(WorkCompletionOpcode.RdmaRead, pair.NextSuccess(pair.QueueA, 2).Opcode);
            Assert.True(Pattern.Matches(local.AsSpan(1 << 20, size), size), $"read of {size} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void WriteWithImmediateConsumesAReceive(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(10_000);
        using var remote = pair.DomainB.AllocateMemory(10_000, DevicePair.FullAccess);
        Pattern.Fill(local.AsSpan(0, 10_000), 5);
        b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 3 });
        a.PostSend(Send(SendOpcode.RdmaWriteWithImmediate, 4, local, 10_000) with
        {
            RemoteAddress = remote.Address,
            RemoteKey = remote.RemoteKey,
            Immediate = Immediate,
        });
        var received = pair.NextSuccess(pair.QueueB, 3);
        Assert.Equal(WorkCompletionOpcode.ReceiveRdmaWithImmediate, received.Opcode);
        Assert.Equal(Immediate, received.Immediate);
        Assert.Equal(10_000u, received.ByteLength);
        Assert.True(Pattern.Matches(remote.AsSpan(0, 10_000), 5));
        pair.NextSuccess(pair.QueueA, 4);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void AtomicsReturnTheOldValue(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(16, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(16, DevicePair.FullAccess);
        BitConverter.TryWriteBytes(remote.AsSpan(8, 8), 100UL);
        var target = new SendWorkRequest
        {
            Flags = SendFlags.Signaled,
            Entry = local.Entry(0, 8),
            RemoteAddress = remote.Address + 8,
            RemoteKey = remote.RemoteKey,
        };
        a.PostSend(target with { WorkRequestId = 1, Opcode = SendOpcode.FetchAndAdd, CompareAdd = 23 });
        pair.NextSuccess(pair.QueueA, 1);
        Assert.Equal(100UL, BitConverter.ToUInt64(local.AsSpan(0, 8)));
        a.PostSend(target with { WorkRequestId = 2, Opcode = SendOpcode.CompareAndSwap, CompareAdd = 123, Swap = 7 });
        pair.NextSuccess(pair.QueueA, 2);
        Assert.Equal(123UL, BitConverter.ToUInt64(local.AsSpan(0, 8)));
        a.PostSend(target with { WorkRequestId = 3, Opcode = SendOpcode.CompareAndSwap, CompareAdd = 999, Swap = 8 });
        pair.NextSuccess(pair.QueueA, 3);
        Assert.Equal(7UL, BitConverter.ToUInt64(local.AsSpan(0, 8)));
        Assert.Equal(7UL, BitConverter.ToUInt64(remote.AsSpan(8, 8)));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ScatterAndGatherListsAreConcatenated(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var source = pair.DomainA.AllocateMemory(40_000);
        using var sink = pair.DomainB.AllocateMemory(40_000, DevicePair.FullAccess);
        Pattern.Fill(source.AsSpan(0, 30_000), 9);
        b.PostReceive(new ReceiveWorkRequest
        {
            Entries = new[] { sink.Entry(0, 5), sink.Entry(5, 0), sink.Entry(5, 11_111), sink.Entry(11_116, 28_000) },
        });
        a.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.Send,
            Flags = SendFlags.Signaled,
            Entries = new[] { source.Entry(0, 1), source.Entry(1, 7_777), source.Entry(7_778, 0), source.Entry(7_778, 22_222) },
        });
        Assert.Equal(30_000u, pair.NextSuccess(pair.QueueB, 0).ByteLength);
        Assert.True(Pattern.Matches(sink.AsSpan(0, 30_000), 9));
        pair.NextSuccess(pair.QueueA, 0);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void InlineDataMayBeReusedAtOnce(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var sink = pair.DomainB.AllocateMemory(64 * 100, DevicePair.FullAccess);
        byte[] scratch = new byte[64];
        for (int i = 0; i < 100; i++)
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = (ulong)i, Entry = sink.Entry((ulong)i * 64, 64) });
        for (int i = 0; i < 100; i++)
        {
            scratch.AsSpan().Fill((byte)i);
            var flags = i == 99 ? SendFlags.Signaled : SendFlags.None;
            a.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, InlineData = scratch, Flags = flags });
        }
        // R-CQ-13: each receive makes a completion, whatever the sender asked for.
        for (int i = 0; i < 100; i++)
        {
            pair.NextSuccess(pair.QueueB, (ulong)i);
            Assert.Equal(-1, sink.AsSpan((ulong)i * 64, 64).IndexOfAnyExcept((byte)i));
        }
        pair.NextSuccess(pair.QueueA, 0);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void UnsignaledSendsFreeTheirSlotsWithoutCompletions(DeviceSetup setup)
    {
        // R-CQ-12, R-CQ-14; R-CQ-15 does not come to pass: a slot is free when its work request is done, as in Linux Soft-RoCE (R-CQ-3).
        using var pair = new DevicePair(setup);
        var caps = new QueuePairCapabilities { MaxSendWorkRequests = 16, MaxReceiveWorkRequests = 16 };
        var (a, _) = pair.Connect(caps);
        using var local = pair.DomainA.AllocateMemory(8);
        using var remote = pair.DomainB.AllocateMemory(8, DevicePair.FullAccess);
        var write = Send(SendOpcode.RdmaWrite, 0, local, 8) with
        {
            RemoteAddress = remote.Address,
            RemoteKey = remote.RemoteKey,
            Flags = SendFlags.None,
        };
        for (int i = 0; i < 200; i++)
        {
            bool last = i == 199;
            var request = write with { WorkRequestId = (ulong)i, Flags = last ? SendFlags.Signaled : SendFlags.None };
            pair.Until(() => a.TryPostSend(request), "room in the send queue");
        }
        pair.NextSuccess(pair.QueueA, 199);
        Assert.Equal(0, pair.QueueA.Count);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ReceiverNotReadyWaitsForTheReceive(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(options: new ConnectOptions { MinRnrTimer = 1 });
        using var source = pair.DomainA.AllocateMemory(5_000);
        using var sink = pair.DomainB.AllocateMemory(5_000, DevicePair.FullAccess);
        Pattern.Fill(source.AsSpan(0, 5_000), 3);
        a.PostSend(Send(SendOpcode.Send, 1, source, 5_000));
        pair.Until(() => pair.B.GetPipeline().HardwareCounters["send_rnr_err"] > 0, "an RNR NAK");
        b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 2, Entry = sink.Entry() });
        pair.NextSuccess(pair.QueueB, 2);
        pair.NextSuccess(pair.QueueA, 1);
        Assert.True(Pattern.Matches(sink.AsSpan(0, 5_000), 3));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void BothDirectionsAtFullLoadDoNotLockUp(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var memoryA = pair.DomainA.AllocateMemory(1 << 20, DevicePair.FullAccess);
        using var memoryB = pair.DomainB.AllocateMemory(1 << 20, DevicePair.FullAccess);
        Pattern.Fill(memoryA.AsSpan(0, 1 << 18), 1);
        Pattern.Fill(memoryB.AsSpan(0, 1 << 18), 2);
        for (int i = 0; i < 32; i++)
        {
            a.PostSend(Send(SendOpcode.RdmaWrite, (ulong)i, memoryA, 1 << 18) with
            {
                RemoteAddress = memoryB.Address + (1 << 18), RemoteKey = memoryB.RemoteKey,
            });
            b.PostSend(Send(SendOpcode.RdmaWrite, (ulong)i, memoryB, 1 << 18) with
            {
                RemoteAddress = memoryA.Address + (1 << 18), RemoteKey = memoryA.RemoteKey,
            });
            b.PostSend(new SendWorkRequest
            {
                WorkRequestId = (ulong)i + 1000,
                Opcode = SendOpcode.RdmaRead,
                Flags = SendFlags.Signaled,
                Entry = memoryB.Entry(1 << 19, 1 << 18),
                RemoteAddress = memoryA.Address,
                RemoteKey = memoryA.RemoteKey,
            });
        }
        for (int i = 0; i < 32; i++)
        {
            pair.NextSuccess(pair.QueueA, (ulong)i);
            pair.NextSuccess(pair.QueueB, (ulong)i);
            pair.NextSuccess(pair.QueueB, (ulong)i + 1000);
        }
        Assert.True(Pattern.Matches(memoryB.AsSpan(1 << 18, 1 << 18), 1));
        Assert.True(Pattern.Matches(memoryA.AsSpan(1 << 18, 1 << 18), 2));
        Assert.True(Pattern.Matches(memoryB.AsSpan(1 << 19, 1 << 18), 1));
    }

    private static SendWorkRequest Send(SendOpcode opcode, ulong id, MemoryRegion region, int size) => new()
    {
        WorkRequestId = id,
        Opcode = opcode,
        Flags = SendFlags.Signaled,
        Entry = region.Entry(0, (ulong)size),
    };
}
