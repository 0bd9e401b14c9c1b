using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Cli.PingPong;
using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>The balance of packets must tip when a single bit of one packet is flipped after its ICRC was computed.</summary>
[Collection("guest with path MTU 1024")]
public sealed class CorruptionCanaryTests(RxeFixture1024 fixture)
{
    private const int Port = 19_999;
    private const int Iterations = 50;

    [SkippableTheory]
    [InlineData(FaultDirection.Send)]
    [InlineData(FaultDirection.Receive)]
    public void OneWrongIcrcTipsTheBalance(FaultDirection direction)
    {
        var guest = fixture.Guest;
        guest.Namespace.Run(() =>
        {
            using var agent = guest.Connect();
            var before = agent.Counters();
            var injector = Corrupting(direction, ordinal: 20);
            using var device = RdmaPipelineDevice.Open(injector);
            using var server = guest.StartInGuest($"ibv_rc_pingpong -d rxe0 -g 1 -p {Port} -s 3000 -n {Iterations} -c -e");
            PingPongExchange.Await(server, () => agent.Listening(Port));
            var options = new PingPongOptions { Size = 3000, Iterations = Iterations, Check = true };
            using (var session = new PingPongSession(device, device.SelectGid(), options))
            {
                Meet(session);
                session.RunAsync(first: true, default).GetAwaiter().GetResult();
                Assert.Equal(-1, session.WrongAt);
            }

            server.Wait(TimeSpan.FromMinutes(1)).Expect();
            Assert.Equal(1, injector.Injected(direction, FaultKind.Corrupt));
            var (ours, grown) = (device.GetPipeline().HardwareCounters, agent.Counters().Since(before));
            var differences = PacketBalance.Differences(ours, grown);
            Assert.Contains(differences, d => d.Contains(direction == FaultDirection.Send ? "we sent" : "the guest sent"));
            Assert.False(PacketBalance.IsImpatienceOfTheGuest(ours, grown));
        });
    }

    private static void Meet(PingPongSession session)
    {
        var host = RxeGuest.GuestAddress(ipv6: false).ToString();
        using var rendezvous = PingPongRendezvous.ConnectAsync(host, Port, default).GetAwaiter().GetResult();
        // Connected on this thread, which is the one in the namespace.
        session.Connect(rendezvous.ExchangeAsync(session.Locals, 1, _ => { }, default).GetAwaiter().GetResult());
    }

    private static FaultInjectingBackend Corrupting(FaultDirection direction, long ordinal) =>
        new(PacketBackends.Open($"udp://{RxeGuest.HostAddress(ipv6: false)}"), new FaultPlan
        {
            Seed = 1, Script = (side, number, _) => side == direction && number == ordinal ? FaultKind.Corrupt : FaultKind.None,
        });
}
