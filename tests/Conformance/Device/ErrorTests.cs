using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The fault matrix of completion.md section 3.1 through the whole pipeline.</summary>
[Collection(DeviceCollection.Name)]
public class ErrorTests
{
    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory]
    [MemberData(nameof(Setups))]
    public void BadRemoteKeyFailsBothSides(DeviceSetup setup) =>
        Refused(setup, WorkCompletionStatus.RemoteAccessError, AsyncEventType.QueuePairAccessError,
            (remote, request) => request with { RemoteKey = remote.RemoteKey ^ 1 });

    [Theory]
    [MemberData(nameof(Setups))]
    public void AccessBeyondTheRegionFailsBothSides(DeviceSetup setup) =>
        Refused(setup, WorkCompletionStatus.RemoteAccessError, AsyncEventType.QueuePairAccessError,
            (remote, request) => request with { RemoteAddress = remote.Address + remote.Length - 10 });

    [Theory]
    [MemberData(nameof(Setups))]
    public void WriteToAReadOnlyRegionFailsBothSides(DeviceSetup setup) =>
        Refused(setup, WorkCompletionStatus.RemoteAccessError, AsyncEventType.QueuePairAccessError, (_, request) => request,
            AccessFlags.LocalWrite | AccessFlags.RemoteRead);

    [Theory]
    [MemberData(nameof(Setups))]
    public void QueuePairWithoutTheRightRefusesTheOperation(DeviceSetup setup) =>
        Refused(setup, WorkCompletionStatus.RemoteInvalidRequestError, AsyncEventType.QueuePairRequestError, (_, request) => request,
            options: new ConnectOptions { Access = AccessFlags.LocalWrite | AccessFlags.RemoteRead });

    [Theory]
    [MemberData(nameof(Setups))]
    public void ReadingMoreThanTheRegionHoldsFailsBothSides(DeviceSetup setup) =>
        Refused(setup, WorkCompletionStatus.RemoteAccessError, AsyncEventType.QueuePairAccessError,
            (remote, request) => request with { Opcode = SendOpcode.RdmaRead, RemoteAddress = remote.Address + 1 });

    [Theory]
    [MemberData(nameof(Setups))]
    public void SendLongerThanTheReceiveFailsBothSides(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(10_000);
        using var remote = pair.DomainB.AllocateMemory(9_999, DevicePair.FullAccess);
        b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 5, Entry = remote.Entry() });
        b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 6, Entry = remote.Entry() });
        a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.Send, Entry = local.Entry() });
        Expect(pair.Next(pair.QueueB), 5, WorkCompletionStatus.LocalLengthError);
        Expect(pair.Next(pair.QueueB), 6, WorkCompletionStatus.WorkRequestFlushedError);
        Expect(pair.Next(pair.QueueA), 1, WorkCompletionStatus.RemoteInvalidRequestError);
        Assert.Equal((QueuePairState.Error, QueuePairState.Error), (a.State, b.State));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ReceiveIntoForeignMemoryFailsBothSides(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var other = pair.B.CreateProtectionDomain();
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(100);
        using var foreign = other.AllocateMemory(100, DevicePair.FullAccess);
        b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 5, Entry = foreign.Entry() });
        a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.Send, Entry = local.Entry() });
        Expect(pair.Next(pair.QueueB), 5, WorkCompletionStatus.LocalProtectionError);
        Expect(pair.Next(pair.QueueA), 1, WorkCompletionStatus.RemoteOperationError);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ABadLocalKeyCompletesAfterWhatWasPostedBefore(DeviceSetup setup)
    {
        // R-REQ-46, R-REQ-47
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(100_000);
        using var remote = pair.DomainB.AllocateMemory(100_000, DevicePair.FullAccess);
        var write = Write(local, remote);
        var bad = local.Entry(0, 100) with { LocalKey = local.LocalKey ^ 0x10 };
        a.PostSend([write with { WorkRequestId = 1 }, write with { WorkRequestId = 2, Entry = bad }, write with { WorkRequestId = 3 }]);
        Expect(pair.Next(pair.QueueA), 1, WorkCompletionStatus.Success);
        Expect(pair.Next(pair.QueueA), 2, WorkCompletionStatus.LocalProtectionError);
        Expect(pair.Next(pair.QueueA), 3, WorkCompletionStatus.WorkRequestFlushedError);
        Assert.Equal((QueuePairState.Error, QueuePairState.ReadyToSend), (a.State, b.State));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void RnrRetriesRunOut(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        // Without a transport timer: on a busy machine it would repeat a request whose NAK is on its way.
        var (a, b) = pair.Connect(options: new ConnectOptions { RnrRetry = 2, MinRnrTimer = 1, Timeout = 0 });
        using var local = pair.DomainA.AllocateMemory(10);
        a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.Send, Entry = local.Entry() });
        Expect(pair.Next(pair.QueueA), 1, WorkCompletionStatus.RnrRetryExceededError);
        Assert.Equal(3, pair.B.GetPipeline().HardwareCounters["send_rnr_err"]);
        Assert.Equal((QueuePairState.Error, QueuePairState.ReadyToSend), (a.State, b.State));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ADeadPeerIsNoticed(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(options: new ConnectOptions { Timeout = 10, RetryCount = 2 });
        using var local = pair.DomainA.AllocateMemory(10);
        b.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.Send, Entry = local.Entry() });
        Expect(pair.Next(pair.QueueA), 1, WorkCompletionStatus.RetryExceededError);
        Assert.Equal(1, pair.A.GetPipeline().HardwareCounters["retry_exceeded_err"]);
        Assert.Equal(QueuePairState.Error, a.State);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ModifyToErrorFlushesBothQueues(DeviceSetup setup)
    {
        // R-CQ-18, R-CQ-19
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(10);
        for (int i = 0; i < 3; i++)
            a.PostReceive(new ReceiveWorkRequest { WorkRequestId = (ulong)(10 + i), Entry = local.Entry() });
        a.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.Send, Entry = local.Entry() });
        a.PostReceive(new ReceiveWorkRequest { WorkRequestId = 13, Entry = local.Entry() });
        var seen = Enumerable.Range(0, 5).Select(_ => pair.Next(pair.QueueA)).ToArray();
        Assert.All(seen, completion => Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, completion.Status));
        Assert.Equal([10UL, 11, 12, 13], seen.Select(c => c.WorkRequestId).Where(id => id >= 10));
        Assert.Equal(QueuePairState.ReadyToSend, b.State);
    }

    private static void Refused(
        DeviceSetup setup, WorkCompletionStatus status, AsyncEventType happened,
        Func<MemoryRegion, SendWorkRequest, SendWorkRequest> change,
        AccessFlags access = DevicePair.FullAccess, ConnectOptions? options = null)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(options: options);
        using var local = pair.DomainA.AllocateMemory(10_000, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(10_000, access);
        byte[] before = remote.AsSpan(0, 10_000).ToArray();
        a.PostSend(change(remote, Write(local, remote)) with { WorkRequestId = 1 });
        a.PostSend(Write(local, remote) with { WorkRequestId = 2 });
        Expect(pair.Next(pair.QueueA), 1, status);
        Expect(pair.Next(pair.QueueA), 2, WorkCompletionStatus.WorkRequestFlushedError);
        pair.Until(() => b.State == QueuePairState.Error, "the responder in ERR");
        Assert.Equal(QueuePairState.Error, a.State);
        AsyncEvent seen;
        do
            seen = pair.NextEvent(pair.B);
        while (seen.Type == AsyncEventType.CommunicationEstablished);
        Assert.Equal((happened, b), (seen.Type, seen.QueuePair));
        Assert.True(remote.AsSpan(0, 10_000).SequenceEqual(before));
    }

    private static SendWorkRequest Write(MemoryRegion local, MemoryRegion remote) => new()
    {
        Opcode = SendOpcode.RdmaWrite,
        Flags = SendFlags.Signaled,
        Entry = local.Entry(),
        RemoteAddress = remote.Address,
        RemoteKey = remote.RemoteKey == 0 ? remote.LocalKey : remote.RemoteKey,
    };

    private static void Expect(WorkCompletion completion, ulong id, WorkCompletionStatus status) =>
        Assert.Equal((id, status), (completion.WorkRequestId, completion.Status));
}
