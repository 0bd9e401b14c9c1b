using RdmaPipeline.InteropTests.Rxe;
using Xunit.Abstractions;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary><c>rdmapipe pingpong</c> as server and as client of the guest's ibv_*_pingpong.</summary>
public abstract class PingPongInteropTests(RxeFixture fixture, ITestOutputHelper output)
{
    /// <summary>Our role, the IP version, the size and the number of messages.</summary>
    public static IEnumerable<object[]> Exchanges =>
        from weServe in new[] { true, false }
        from ipv6 in new[] { false, true }
        from size in new (int Bytes, int Iterations)[] { (1, 200), (4096, 200), (1 << 20, 20) }
        select new object[] { weServe, ipv6, size.Bytes, size.Iterations };

    [SkippableTheory]
    [MemberData(nameof(Exchanges))]
    public void EachPacketArrivesOnceAndEachByteIsRight(bool weServe, bool ipv6, int size, int iterations)
    {
        // Both sleep on events: who polls on the guest's only processor starves its network.
        using var link = LongLink.For(fixture.Guest, size);
        var exchange = new PingPongExchange(weServe, ipv6, size, iterations) { OurOptions = ["-e"], GuestOptions = "-e" };
        var outcome = Run(exchange);
        // An exchange in which the guest's timer fired without a reason proves nothing about us: it is done again.
        for (var again = 0; again < 5 && outcome.IsImpatienceOfTheGuest; again++) outcome = Run(exchange);
        outcome.Ours.Expect();
        outcome.Theirs.Expect();
        Assert.DoesNotContain("invalid data", outcome.Theirs.Output);
        Assert.True(outcome.Report["validated"]!.GetValue<bool>());
        Assert.Equal(2L * size * iterations, outcome.Report["bytes"]!.GetValue<long>());
        Assert.Contains($"{2L * size * iterations} bytes in ", outcome.Theirs.Output);
        Assert.Empty(outcome.Differences);
        Assert.Equal(outcome.OurCounters["sent_pkts"], outcome.Report["wire"]!["sent"]!.GetValue<long>());
        Assert.Equal(outcome.OurCounters["rcvd_pkts"], outcome.Report["wire"]!["received"]!.GetValue<long>());
        foreach (var direction in new[] { "sent_pkts", "rcvd_pkts" })
            Assert.InRange(outcome.OurCounters[direction], (long)iterations * Math.Max(1, size / fixture.Guest.PathMtu), long.MaxValue);
    }

    /// <summary>Both roles and IP versions, for services that repeat nothing: so nothing may be lost.</summary>
    protected static IEnumerable<object[]> Unreliable(params IEnumerable<(string Service, int Size)> messages) =>
        from message in messages
        from weServe in new[] { true, false }
        from ipv6 in new[] { false, true }
        select new object[] { message.Service, weServe, ipv6, message.Size };

    protected void EachMessageArrivesOnce(string service, bool weServe, bool ipv6, int size)
    {
        var exchange = new PingPongExchange(weServe, ipv6, size, 50) { Service = service, OurOptions = ["-e"], GuestOptions = "-e" };
        var outcome = Run(exchange);
        outcome.Theirs.Expect();
        Assert.DoesNotContain("invalid data", outcome.Theirs.Output);
        Assert.True(outcome.Report["validated"]!.GetValue<bool>());
        Assert.Contains($"{2 * size * 50} bytes in ", outcome.Theirs.Output);
        Assert.Empty(outcome.Differences);
        var packets = 50L * Math.Max(1, size / fixture.Guest.PathMtu);
        Assert.Equal((packets, packets), (outcome.OurCounters["sent_pkts"], outcome.OurCounters["rcvd_pkts"]));
    }

    protected PingPongOutcome Run(PingPongExchange exchange)
    {
        var guest = fixture.Guest;
        var outcome = guest.Namespace.Run(() =>
        {
            using var agent = guest.Connect();
            return exchange.Run(guest, agent);
        });
        output.WriteLine($"{outcome.Elapsed.TotalSeconds:0.0} s; ours {outcome.Ours.Output}{outcome.Ours.Error}\n" +
            $"guest {outcome.Theirs.Output}{outcome.Theirs.Error}{outcome.Guest}\ndifferences: {string.Join("; ", outcome.Differences)}");
        return outcome;
    }
}

[Collection("guest with path MTU 1024")]
public sealed class PingPongInteropTests1024(RxeFixture1024 fixture, ITestOutputHelper output) : PingPongInteropTests(fixture, output)
{
    public static IEnumerable<object[]> UnreliableExchanges => Unreliable(("uc", 1), ("uc", 1024), ("uc", 4096), ("ud", 1), ("ud", 1024));

    [SkippableTheory]
    [MemberData(nameof(UnreliableExchanges))]
    public void EachMessageOfAnUnreliableServiceArrives(string service, bool weServe, bool ipv6, int size) =>
        EachMessageArrivesOnce(service, weServe, ipv6, size);

    public static IEnumerable<object[]> SharedExchanges =>
        from shared in new (int Size, int QueuePairs)[] { (1, 16), (1024, 1), (4096, 1) }
        from weServe in new[] { true, false }
        from ipv6 in new[] { false, true }
        select new object[] { weServe, ipv6, shared.Size, shared.QueuePairs };

    /// <summary>
    /// ibv_srq_pingpong stops when it has sent and received enough over all queue pairs; with several, some of its messages are on the way
    /// then and may find nobody, so that only with one queue pair each packet must have arrived.
    /// </summary>
    [SkippableTheory]
    [MemberData(nameof(SharedExchanges))]
    public void QueuePairsShareTheirReceives(bool weServe, bool ipv6, int size, int queuePairs)
    {
        string[] options = ["-e", "-q", $"{queuePairs}"];
        var exchange = new PingPongExchange(weServe, ipv6, size, 100)
        {
            Service = "srq", OurOptions = options, GuestOptions = string.Join(' ', options),
        };
        var outcome = Run(exchange);
        for (var again = 0; again < 5 && outcome.IsImpatienceOfTheGuest; again++) outcome = Run(exchange);
        outcome.Theirs.Expect();
        Assert.DoesNotContain("invalid data", outcome.Theirs.Output);
        Assert.True(outcome.Report["validated"]!.GetValue<bool>());
        Assert.Equal(queuePairs, outcome.Report["queuePairs"]!.GetValue<int>());
        Assert.Contains($"{2 * size * 100} bytes in ", outcome.Theirs.Output);
        if (queuePairs == 1) Assert.Empty(outcome.Differences);
        Assert.Equal(100, outcome.OurCounters["rdma_sends"]);
        Assert.InRange(outcome.OurCounters["rdma_recvs"], 100, 100 + queuePairs);
        Assert.All(GuestCounters.Disturbances, name => Assert.Equal(0, outcome.OurCounters[name]));
    }
}

[Collection("guest with path MTU 4096")]
public sealed class PingPongInteropTests4096(RxeFixture4096 fixture, ITestOutputHelper output) : PingPongInteropTests(fixture, output)
{
    public static IEnumerable<object[]> UnreliableExchanges => Unreliable(("uc", 4096), ("ud", 4096));

    [SkippableTheory]
    [MemberData(nameof(UnreliableExchanges))]
    public void EachMessageOfAnUnreliableServiceArrives(string service, bool weServe, bool ipv6, int size) =>
        EachMessageArrivesOnce(service, weServe, ipv6, size);
}
