using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;
using Xunit;

public class BackupTests
{
    [Fact]
    public void ABackupSurvivesABadLinkAndABrokenCable()
    {
        using var fabric = new RdmaTestFabric();                            // seed: RDMAPIPE_SEED, or a fresh one that a failure prints
        var (office, vault) = (fabric.AddHost("office"), fabric.AddHost("vault"));
        var cable = fabric.Connect(office, vault, new LinkOptions { BitsPerSecond = 10e9, Loss = 0.01, Reordering = 0.01 });
        fabric.Faults.When(p => p.From(office).Opcode(Opcode.RcWriteMiddle).Nth(20)).Corrupt();
        fabric.Faults.When(p => p.From(office).Opcode(Opcode.RcWriteMiddle).Nth(40)).Then(_ =>
        {
            cable.Down();
            fabric.Schedule(TimeSpan.FromSeconds(20), cable.Up);            // of virtual time: the test takes milliseconds
        });

        var copy = new byte[1_000_000];
        fabric.RunPrograms(() => BackUp(office.Device, vault.Device, copy));

        Assert.Equal(-1, PatternGenerator.FindMismatch(copy, seed: 42));
        Assert.True(fabric.Now > TimeSpan.FromSeconds(20));
    }

    // The software under test: any code that uses an RdmaDevice.
    private static async Task BackUp(RdmaDevice from, RdmaDevice to, byte[] copy)
    {
        var data = new byte[copy.Length];
        PatternGenerator.Fill(data, seed: 42);
        var (sender, receiver) = (from.CreateProtectionDomain(), to.CreateProtectionDomain());
        var source = sender.RegisterMemory(data);
        var sink = receiver.RegisterMemory(copy, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        var (sent, received) = (from.CreateCompletionQueue(16), to.CreateCompletionQueue(16));
        var left = sender.CreateQueuePair(new() { SendCompletionQueue = sent, ReceiveCompletionQueue = sent });
        var right = receiver.CreateQueuePair(new() { SendCompletionQueue = received, ReceiveCompletionQueue = received });
        var patient = new ConnectOptions { Timeout = 20, RetryCount = 7 };  // 4.3 s, eight times
        left.ConnectTo(right.LocalEndpoint, patient);
        right.ConnectTo(left.LocalEndpoint, patient);
        left.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = source.Entry(),
            RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey,
        });
        var done = new WorkCompletion[1];
        await sent.PollAsync(done);
        Assert.Equal(WorkCompletionStatus.Success, done[0].Status);
    }
}
