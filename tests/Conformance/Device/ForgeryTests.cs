using RdmaPipeline.Backends.Management;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;
using Xunit.Abstractions;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>
/// What packets do that do not come from the peer (docs/security.md): who guesses wrong gets no answer or one, nobody gets more bytes from
/// a device than he put in unless he knows what the peer knows, and answers only ever go to the peer.
/// </summary>
[Collection(DeviceCollection.Name)]
public sealed class ForgeryTests(ITestOutputHelper output) : IDisposable
{
    private const int Many = 1000;
    private const int HalfTheSpace = 1 << 23;

    private readonly DevicePair _pair = new(new DeviceSetup("mem", PipelinePreset.Simulated));
    private Forger? _forger;

    private Forger Forger => _forger ??= new Forger(_pair, $"mem://{Fabric}/forger?icrc=on");

    private string Fabric => _pair.A.GetPipeline().Backend.Name.Split('/')[^2];

    private Gid Peer => _pair.A.QueryGid(1, _pair.A.SelectGid());

    [Theory] // R-WIRE-31.
    [InlineData(QueuePairState.Reset)]
    [InlineData(QueuePairState.Init)]
    [InlineData(QueuePairState.Error)]
    public void AnIdleQueuePairAnswersNothing(QueuePairState state)
    {
        var (_, victim) = _pair.Connect();
        victim.Modify(new QueuePairAttributes { State = state == QueuePairState.Error ? state : QueuePairState.Reset });
        if (state == QueuePairState.Init)
            victim.Initialize();
        foreach (var opcode in (Opcode[])[Opcode.RcSendOnly, Opcode.RcReadRequest, Opcode.RcAcknowledge])
            Assert.Equal((0, 0), Answers(Forger.Send(Peer, new ForgedPacket(opcode, victim.Number, victim.InitialPsn))));
        Assert.Equal(3, DevicePair.Drops(_pair.B, DropReason.QpState));
    }

    [Fact] // R-WIRE-31.
    public void AnUnknownQueuePairAnswersNothing()
    {
        var (_, victim) = _pair.Connect();
        Assert.Equal((0, 0), Answers(Forger.Send(Peer, new ForgedPacket(Opcode.RcSendOnly, victim.Number ^ 0x40))));
        Assert.Equal(1, DevicePair.Drops(_pair.B, DropReason.UnknownQp));
    }

    [Fact] // wire.md section 8, step 10.
    public void AStrangerWhoKnowsEverythingGetsNoAnswerAndChangesNothing()
    {
        var (peer, victim) = _pair.Connect();
        using var secret = _pair.DomainB.AllocateMemory(4096, DevicePair.FullAccess);
        var read = new ForgedPacket(Opcode.RcReadRequest, victim.Number, peer.InitialPsn)
        {
            Key = secret.RemoteKey, Address = secret.Address, Length = 4096,
        };
        Assert.Equal((0, 0), Answers(Forger.Send(Forger.Own, read, read with { Opcode = Opcode.RcWriteOnly, Length = 0 })));
        Assert.Equal(2, DevicePair.Drops(_pair.B, DropReason.NoRoute));
        Assert.Equal(0, Forger.Received);
        Assert.Equal(peer.InitialPsn, victim.Query().ReceivePsn);
    }

    [Fact] // wire.md section 8, step 10: the source address is the one the kernel saw, not one that a packet claims.
    public void AStrangersSocketGetsNoAnswer()
    {
        var setup = new DeviceSetup("udp4", PipelinePreset.Staged);
        using var pair = new DevicePair(setup);
        string port = pair.B.GetPipeline().Backend.Name.Split('/')[^1];
        using var stranger = new Forger(pair, $"udp://{FreePorts.LoopbackAddress(5)}:{port}");
        var (peer, victim) = pair.Connect();
        var send = Send(victim, peer.InitialPsn);
        Assert.Equal((0, 0), Answers(stranger.Send(stranger.Own, send, send with { Psn = peer.InitialPsn - 1 })));
        pair.Until(() => DevicePair.Drops(pair.B, DropReason.NoRoute) == 2, "the drops");
        Assert.Equal((0, 0), (stranger.Received, pair.B.GetPipeline().BackendCounters.Sent.Packets));
    }

    [Fact] // R-WIRE-29, R-WIRE-31: whether the Q_Key is right or not.
    public void ADatagramGetsNoAnswer()
    {
        var victim = _pair.Datagrams(_pair.DomainB, _pair.QueueB, queueKey: 0x1234);
        foreach (uint key in new[] { 0x1234u, 0x1235u })
            Assert.Equal((0, 0), Answers(Forger.Send(Forger.Own, new ForgedPacket(Opcode.UdSendOnly, victim.Number) { Key = key })));
        Assert.Equal(1, DevicePair.Drops(_pair.B, DropReason.BadQkey));
    }

    [Fact] // R-BE-53, R-CM-3: what the device answers itself is answered with as much as was asked, to whoever the question names.
    public void AManagementDatagramIsAnsweredWithItsOwnSize()
    {
        var question = GC.AllocateArray<byte>(MadHeader.DatagramLength, pinned: true);
        ManagementUser.Request(ManagementClass.Performance, ManagementMethod.Get, 0x12, data: [0, 1, 0xFF, 0xFF]).CopyTo(question, 0);
        var packet = new ForgedPacket(Opcode.UdSendOnly, 1) { Key = 0x8001_0000, Pinned = question };
        var answer = Forger.Send(Peer, packet);
        output.WriteLine($"a management datagram: {answer.Out} bytes out for {answer.In} bytes in");
        Assert.Equal((1, answer.In), Answers(answer));
        Assert.Equal(0, Forger.Received);
        Assert.Equal((0, 0), Answers(Forger.Send(Peer, packet with { Key = 0x8001_0001 })));
    }

    [Fact] // Without agents of its own a device answers no datagram at all.
    public void WithoutAgentsAManagementDatagramGetsNoAnswer()
    {
        var setup = new DeviceSetup("mem", PipelinePreset.Simulated);
        using var pair = new DevicePair(setup, setup.Options with { ManagementAgents = false });
        using var forger = new Forger(pair, $"mem://{pair.A.GetPipeline().Backend.Name.Split('/')[^2]}/forger?icrc=on");
        var question = GC.AllocateArray<byte>(MadHeader.DatagramLength, pinned: true);
        ManagementUser.Request(ManagementClass.Performance, ManagementMethod.Get, 0x12, data: [0, 1, 0xFF, 0xFF]).CopyTo(question, 0);
        var packet = new ForgedPacket(Opcode.UdSendOnly, 1) { Key = 0x8001_0000, Pinned = question };
        Assert.Equal((0, 0), Answers(forger.Send(forger.Own, packet)));
    }

    [Fact] // R-RESP-2: one NAK for all of them, and the connection goes on.
    public void PsnsAheadOfTheExpectedOneAreAnsweredOnceInAll()
    {
        var (peer, victim) = _pair.Connect();
        var chance = new Random(2);
        long answers = 0;
        for (int i = 0; i < Many; i++)
            answers += Forger.Send(Peer, Send(victim, peer.InitialPsn + (uint)chance.Next(1, HalfTheSpace))).Answers;
        Assert.Equal(1, answers);
        WorksStill(peer, victim);
    }

    [Fact] // responder.md section 7: each is a duplicate to be acknowledged again, but those that come together only once.
    public void PsnsBehindTheExpectedOneAreAnsweredWithAboutTheirOwnSize()
    {
        var (peer, victim) = _pair.Connect();
        var chance = new Random(3);
        ForgedPacket Duplicate() => Send(victim, peer.InitialPsn - (uint)chance.Next(1, HalfTheSpace));
        (long @in, long answers, long @out) sum = default;
        for (int i = 0; i < Many; i++)
        {
            var one = Forger.Send(Peer, Duplicate());
            sum = (sum.@in + one.In, sum.answers + one.Answers, sum.@out + one.Out);
        }
        output.WriteLine($"one by one: {sum.@out} bytes out for {sum.@in} bytes in, {(double)sum.@out / sum.@in:f3}");
        Assert.Equal(Many, sum.answers);
        // An ACK has an AETH more than the least request: 62 bytes of an Ethernet frame for 58.
        Assert.Equal((58L * Many, 62L * Many), (sum.@in, sum.@out));

        var burst = Forger.Send(Peer, [.. Enumerable.Range(0, 64).Select(_ => Duplicate())]);
        output.WriteLine($"64 at once: {burst.Out} bytes out for {burst.In} bytes in, {(double)burst.Out / burst.In:f3}");
        Assert.Equal((1, 62), Answers(burst));
        WorksStill(peer, victim);
    }

    [Fact] // R-RESP-10, R-RESP-35.
    public void TheRightPsnWithAGuessedKeyIsAnsweredOnceAndNeverAgain()
    {
        var (peer, victim) = _pair.Connect();
        using var secret = _pair.DomainB.AllocateMemory(1 << 20, DevicePair.FullAccess);
        var guess = new ForgedPacket(Opcode.RcReadRequest, victim.Number, peer.InitialPsn)
        {
            Key = secret.RemoteKey ^ 0x80, Address = secret.Address, Length = 1 << 20,
        };
        var first = Forger.Send(Peer, guess);
        output.WriteLine($"a guessed key: {first.Out} bytes out for {first.In} bytes in, {(double)first.Out / first.In:f3}");
        Assert.Equal((1, 62), Answers(first));
        Assert.Equal(QueuePairState.Error, victim.State);
        Assert.Equal((0, 0), Answers(Forger.Send(Peer, guess, guess with { Key = secret.RemoteKey })));
    }

    [Fact] // R-RESP-26: with the peer's address, PSN and key one is the peer; the data go to it all the same.
    public void WhoKnowsAllThatThePeerKnowsCanHaveDataSentToThePeerOnly()
    {
        const int length = 64 * 1024;
        var (peer, victim) = _pair.Connect();
        using var memory = _pair.DomainB.AllocateMemory(length, DevicePair.FullAccess);
        var read = new ForgedPacket(Opcode.RcReadRequest, victim.Number, peer.InitialPsn)
        {
            Key = memory.RemoteKey, Address = memory.Address, Length = length,
        };
        var taken = Forger.Send(Peer, read);
        output.WriteLine($"a known key: {taken.Out} bytes out for {taken.In} bytes in, {(double)taken.Out / taken.In:f0}");
        Assert.Equal(length / 4096, taken.Answers);
        Assert.InRange(taken.Out, length, length * 102 / 100);
        Assert.Equal(0, Forger.Received);
        Assert.Equal(length / 4096, DevicePair.Drops(_pair.A, DropReason.StaleAck));
    }

    [Fact] // R-REQ-32: nothing is outstanding, so nothing can be acknowledged.
    public void AForgedResponseOutsideWhatIsOutstandingIsDropped()
    {
        var (_, victim) = _pair.Connect();
        var chance = new Random(4);
        for (int i = 0; i < Many; i++)
            Assert.Equal((0, 0), Answers(Forger.Send(Peer, new ForgedPacket(Opcode.RcAcknowledge, victim.Number, (uint)chance.Next()))));
        Assert.Equal(Many, DevicePair.Drops(_pair.B, DropReason.StaleAck));
        Assert.Equal(QueuePairState.ReadyToSend, victim.State);
    }

    public void Dispose()
    {
        _forger?.Dispose();
        _pair.Dispose();
    }

    private static (long Packets, long Bytes) Answers((long In, long Answers, long Out) exchange) => (exchange.Answers, exchange.Out);

    private static ForgedPacket Send(QueuePair victim, uint psn) => new(Opcode.RcSendOnly, victim.Number, psn);

    private void WorksStill(QueuePair peer, QueuePair victim)
    {
        using var sink = _pair.DomainB.AllocateMemory(64);
        victim.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = sink.Entry() });
        peer.PostSend(new SendWorkRequest
        {
            WorkRequestId = 2, Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, InlineData = new byte[64],
        });
        _pair.NextSuccess(_pair.QueueB, 1);
        _pair.NextSuccess(_pair.QueueA, 2);
    }
}
