using System.Text.Json.Nodes;
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
            var report = new StringWriter();
            using var server = guest.StartInGuest($"ibv_rc_pingpong -d rxe0 -g 1 -p {Port} -s 3000 -n {Iterations} -c");
            PingPongExchange.Await(server, () => agent.Listening(Port));
            var options = new PingPongOptions
            {
                Host = RxeGuest.GuestAddress(ipv6: false).ToString(), Port = Port, Size = 3000, Iterations = Iterations, Check = true, Json = true,
            };
            Assert.Equal(0, PingPongProgram.RunAsync(options, report, _ => device, default).GetAwaiter().GetResult());
            server.Wait(TimeSpan.FromMinutes(1)).Expect();
            Assert.Equal(1, injector.Injected(direction, FaultKind.Corrupt));

            var counters = JsonNode.Parse(report.ToString())!["counters"]!.AsObject().ToDictionary(c => c.Key, c => c.Value!.GetValue<long>());
            var differences = PacketBalance.Differences(counters, agent.Counters().Since(before));
            Assert.Contains(differences, d => d.Contains(direction == FaultDirection.Send ? "we sent" : "the guest sent"));
        });
    }

    private static FaultInjectingBackend Corrupting(FaultDirection direction, long ordinal) =>
        new(PacketBackends.Open($"udp://{RxeGuest.HostAddress(ipv6: false)}"), new FaultPlan
        {
            Seed = 1, Script = (side, number, _) => side == direction && number == ordinal ? FaultKind.Corrupt : FaultKind.None,
        });
}
