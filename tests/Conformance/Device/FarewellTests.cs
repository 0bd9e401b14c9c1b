using RdmaPipeline.Graph;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What the last moments of a queue pair and a device that was not run for a while owe to the peer.</summary>
public class FarewellTests
{
    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory]
    [MemberData(nameof(Setups))]
    public void WhoLeavesWithTheLastCompletionInHandHasAcknowledgedIt(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var memory = pair.DomainB.AllocateMemory(64);
        for (int round = 0; round < 20; round++)
        {
            var (a, b) = pair.Connect(options: new ConnectOptions { Timeout = 20, RetryCount = 0 });
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 2, Entry = memory.Entry() });
            a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.Send, Flags = SendFlags.Signaled });
            pair.NextSuccess(pair.QueueB, 2);
            b.Dispose();
            pair.NextSuccess(pair.QueueA, 1);
            a.Dispose();
        }
    }

    [Fact]
    public void AnAnswerThatLayThereWhileNobodyRanTheDeviceIsNoLoss()
    {
        var time = new VirtualTimeProvider();
        var setup = new DeviceSetup("mem", PipelinePreset.Fused, ShardDriverKind.Seeded);
        using var pair = new DevicePair(setup, setup.Options with { TimeProvider = time, Seed = 1 });
        var (a, _) = pair.Connect(options: new ConnectOptions { Timeout = 14 });
        using var memory = pair.DomainB.AllocateMemory(64, DevicePair.FullAccess);
        a.PostSend(new SendWorkRequest
        {
            WorkRequestId = 1, Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, RemoteAddress = memory.Address,
            RemoteKey = memory.RemoteKey,
        });
        Rest(pair.A);
        Rest(pair.B);
        time.MoveTo(time.Nanoseconds + 10_000_000_000);
        pair.NextSuccess(pair.QueueA, 1);
        Assert.Equal(0, pair.A.GetPipeline().HardwareCounters["completer_retry_err"]);
        Assert.Equal(0, pair.B.GetPipeline().HardwareCounters["duplicate_request"]);
    }

    private static void Rest(RdmaDevice device)
    {
        while (device.Provider.Drive())
        {
        }
    }
}
