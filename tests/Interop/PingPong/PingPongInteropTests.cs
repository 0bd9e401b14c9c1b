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
        from shared in new (int Size, int QueuePairs)[] { (1, 16), (3000, 16), (4096, 1) }
        from weServe in new[] { true, false }
        from ipv6 in new[] { false, true }
        select new object[] { weServe, ipv6, shared.Size, shared.QueuePairs };

    /// <summary>
    /// ibv_srq_pingpong posts a message on each queue pair that has none under way while fewer than all have been acknowledged, so that it
    /// posts more than it was asked for: when the last of them is acknowledged, each other queue pair may have one under way. Either end
    /// stops when it has sent and received enough, and what is under way then finds nobody: packets of that many messages to us, and as
    /// many acknowledgements to the guest. With one queue pair there are none. Ours posts what it was asked for and no more.
    /// </summary>
    [SkippableTheory]
    [MemberData(nameof(SharedExchanges))]
    public void QueuePairsShareTheirReceives(bool weServe, bool ipv6, int size, int queuePairs)
    {
        string[] options = ["-e", "-q", $"{queuePairs}"];
        var (surplus, packets) = (queuePairs - 1, (size + fixture.Guest.PathMtu - 1) / fixture.Guest.PathMtu);
        var exchange = new PingPongExchange(weServe, ipv6, size, 100)
        {
            Service = "srq", OurOptions = options, GuestOptions = string.Join(' ', options),
            Left = new() { LeftToUs = surplus * packets, LeftToGuest = surplus },
        };
        var outcome = Run(exchange);
        for (var again = 0; again < 5 && outcome.IsImpatienceOfTheGuest; again++) outcome = Run(exchange);
        outcome.Theirs.Expect();
        Assert.DoesNotContain("invalid data", outcome.Theirs.Output);
        Assert.True(outcome.Report["validated"]!.GetValue<bool>());
        Assert.Equal(queuePairs, outcome.Report["queuePairs"]!.GetValue<int>());
        Assert.Contains($"{2 * size * 100} bytes in ", outcome.Theirs.Output);
        Assert.Empty(outcome.Differences);
        Assert.Equal((100, 100), (outcome.OurCounters["rdma_sends"], outcome.Guest["rdma_recvs"]));
        // What the guest saw acknowledged has arrived here, and nothing more has than it may have posted.
        Assert.InRange(outcome.Guest["rdma_sends"], 100, outcome.OurCounters["rdma_recvs"]);
        Assert.InRange(outcome.OurCounters["rdma_recvs"], 100, 100 + surplus);
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
