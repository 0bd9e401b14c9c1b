using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What a device counts under the names of mlx5 adapters, and dropped packets by reason.</summary>
[Collection(DeviceCollection.Name)]
public class CounterTests
{
    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory]
    [MemberData(nameof(Setups))]
    public void RequestsAreCountedByKindAndRefusalsAtBothEnds(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(10_000);
        using var remote = pair.DomainB.AllocateMemory(10_000, DevicePair.FullAccess);
        var write = new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Entry = local.Entry(), RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey,
            Flags = SendFlags.Signaled,
        };
        var atomic = write with { Opcode = SendOpcode.FetchAndAdd, Entry = local.Entry(0, 8) };
        b.PostReceive(new ReceiveWorkRequest { Entry = remote.Entry() });
        a.PostSend([write, write, write with { Opcode = SendOpcode.RdmaRead }, atomic]);
        for (int i = 0; i < 4; i++)
            Assert.True(pair.Next(pair.QueueA).IsSuccess);
        a.PostSend([write with { RemoteKey = remote.RemoteKey ^ 1 }, write]);
        Assert.Equal(WorkCompletionStatus.RemoteAccessError, pair.Next(pair.QueueA).Status);
        Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, pair.Next(pair.QueueA).Status);
        Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, pair.Next(pair.QueueB).Status);

        var (asking, asked) = (pair.A.GetPipeline().AdapterCounters, pair.B.GetPipeline().AdapterCounters);
        // Two, and the one refused.
        Assert.Equal((3, 1, 1), (asked["rx_write_requests"], asked["rx_read_requests"], asked["rx_atomic_requests"]));
        Assert.Equal((1, 1, 1), (asked["resp_remote_access_errors"], asked["resp_cqe_error"], asked["resp_cqe_flush_error"]));
        Assert.Equal((1, 2, 1), (asking["req_remote_access_errors"], asking["req_cqe_error"], asking["req_cqe_flush_error"]));
        // The one refused, and those of the flushed one where it had left already.
        Assert.InRange(pair.B.GetPipeline().DroppedPackets["mr_violation"], 1, 6);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void AMessageThatIsTooLongIsCountedAtBothEnds(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(100);
        using var remote = pair.DomainB.AllocateMemory(99);
        b.PostReceive(new ReceiveWorkRequest { Entry = remote.Entry() });
        a.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Entry = local.Entry(), Flags = SendFlags.Signaled });
        Assert.Equal(WorkCompletionStatus.RemoteInvalidRequestError, pair.Next(pair.QueueA).Status);
        Assert.Equal(WorkCompletionStatus.LocalLengthError, pair.Next(pair.QueueB).Status);
        Assert.Equal(1, pair.B.GetPipeline().AdapterCounters["resp_local_length_error"]);
        Assert.Equal(1, pair.A.GetPipeline().AdapterCounters["req_remote_invalid_request"]);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void WaitingInVainIsCounted(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(options: new ConnectOptions { RnrRetry = 2, MinRnrTimer = 1 });
        using var local = pair.DomainA.AllocateMemory(10);
        var send = new SendWorkRequest { Opcode = SendOpcode.Send, Entry = local.Entry(), Flags = SendFlags.Signaled };
        a.PostSend(send);
        Assert.Equal(WorkCompletionStatus.RnrRetryExceededError, pair.Next(pair.QueueA).Status);
        var (asking, asked) = (pair.A.GetPipeline().AdapterCounters, pair.B.GetPipeline().AdapterCounters);
        Assert.Equal((3, 1), (asking["rnr_nak_retry_err"], asking["req_rnr_retries_exceeded"]));
        Assert.InRange(asked["out_of_buffer"], 3, long.MaxValue);
        Assert.Equal(asked["out_of_buffer"], pair.B.GetPipeline().DroppedPackets["no_receive_buffer"]);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void TimersThatFireAreCounted(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(options: new ConnectOptions { Timeout = 10, RetryCount = 2 });
        using var local = pair.DomainA.AllocateMemory(10);
        b.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        a.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Entry = local.Entry(), Flags = SendFlags.Signaled });
        Assert.Equal(WorkCompletionStatus.RetryExceededError, pair.Next(pair.QueueA).Status);
        var asking = pair.A.GetPipeline().AdapterCounters;
        Assert.Equal((3, 1, 0), (asking["local_ack_timeout_err"], asking["req_transport_retries_exceeded"], asking["implied_nak_seq_err"]));
        Assert.InRange(pair.B.GetPipeline().DroppedPackets["qp_state"], 1, 3);
    }
}
