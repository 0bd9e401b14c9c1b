using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.Verbs;

/// <summary>
/// Every operation between a queue pair of ours and one of the guest, started by us and started by the guest; both sides compare their
/// memory with what they compute themselves, and the packets of both sides balance.
/// </summary>
public abstract class VerbsInteropTests(RxeFixture fixture)
{
    private const int Target = OurEnd.BufferSize / 2;

    private static readonly int[] s_sizes = [0, 1, 3, 64, 1023, 1024, 1025, 4096, 4097, 50_000];

    [SkippableTheory]
    [InlineData(false, "SEND")]
    [InlineData(true, "SEND")]
    [InlineData(false, "SEND_WITH_IMM")]
    [InlineData(true, "SEND_WITH_IMM")]
    [InlineData(false, "SEND", true)]
    public void Send(bool ipv6, string opcode, bool guestShares = false) => Exchange(ipv6, (ours, guest) =>
    {
        var immediate = opcode == "SEND_WITH_IMM" ? 0xA1B2C3D4u : (uint?)null;
        foreach (var (size, seed) in s_sizes.Select((s, i) => (s, i)))
        {
            ours.Fill(0, size, seed);
            guest.Receive(7, Target, OurEnd.BufferSize / 2);
            ours.Post(immediate is null ? SendOpcode.Send : SendOpcode.SendWithImmediate, 0, size, new() { Immediate = immediate ?? 0 });
            ours.Good();
            var got = Assert.Single(guest.Poll(1));
            Assert.Equal((7ul, "SUCCESS", (uint)size, immediate), (got.WorkRequest, got.Status, got.Length, got.Immediate));
            guest.Check(Target, size, seed);

            guest.Fill(0, size, 100 + seed);
            ours.Receive(8, Target, OurEnd.BufferSize / 2);
            guest.Post(9, opcode, 0, size, new() { ["immediate"] = immediate ?? 0 });
            var received = ours.Good();
            Assert.Equal((8ul, (uint)size), (received.WorkRequestId, received.ByteLength));
            if (immediate is not null) Assert.Equal(immediate, received.Immediate);
            Assert.Equal(immediate is not null, received.Flags.HasFlag(WorkCompletionFlags.WithImmediate));
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            ours.Check(Target, size, 100 + seed);
        }
    }, guestShares: guestShares);

    [SkippableTheory]
    [InlineData(false, "RDMA_WRITE")]
    [InlineData(true, "RDMA_WRITE")]
    [InlineData(false, "RDMA_WRITE_WITH_IMM")]
    [InlineData(true, "RDMA_WRITE_WITH_IMM")]
    public void Write(bool ipv6, string opcode) => Exchange(ipv6, (ours, guest) =>
    {
        var told = opcode == "RDMA_WRITE_WITH_IMM";
        foreach (var (size, seed) in s_sizes.Select((s, i) => (s, i)))
        {
            ours.Fill(0, size, seed);
            if (told) guest.Receive(7, 0, 0);
            ours.Post(told ? SendOpcode.RdmaWriteWithImmediate : SendOpcode.RdmaWrite, 0, size,
                new() { Immediate = 0x01020304, RemoteAddress = guest.Address + Target, RemoteKey = guest.RemoteKey });
            ours.Good();
            if (told && guest.Poll(1)[0] is var g)
                Assert.Equal(("SUCCESS", (uint)size, 0x01020304u), (g.Status, g.Length, g.Immediate ?? 0));
            guest.Check(Target, size, seed);

            guest.Fill(0, size, 100 + seed);
            if (told) ours.Receive(8, 0, 0);
            guest.Post(9, opcode, 0, size, Remote(ours, Target, ("immediate", 0x05060708u)));
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            if (told)
            {
                var received = ours.Good();
                Assert.Equal((8ul, (uint)size, 0x05060708u), (received.WorkRequestId, received.ByteLength, received.Immediate));
            }

            ours.Check(Target, size, 100 + seed);
        }
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read(bool ipv6) => Exchange(ipv6, (ours, guest) =>
    {
        foreach (var (size, seed) in s_sizes.Select((s, i) => (s, i)))
        {
            guest.Fill(0, size, seed);
            ours.Post(SendOpcode.RdmaRead, Target, size, new() { RemoteAddress = guest.Address, RemoteKey = guest.RemoteKey });
            ours.Good();
            ours.Check(Target, size, seed);

            ours.Fill(0, size, 100 + seed);
            guest.Post(9, "RDMA_READ", Target, size, Remote(ours, 0));
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            guest.Check(Target, size, 100 + seed);
        }
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void FetchAndAdd(bool ipv6) => Exchange(ipv6, (ours, guest) =>
    {
        ulong theirs = 0xFFFF_FFFF_FFFF_FFFE, mine = 41;
        guest.Poke(64, theirs);
        Poke(ours, 64, mine);
        for (ulong k = 1; k <= 5; k++)
        {
            ours.Post(SendOpcode.FetchAndAdd, 128, 8, new()
            {
                RemoteAddress = guest.Address + 64, RemoteKey = guest.RemoteKey, CompareAdd = k,
            });
            ours.Good();
            Assert.Equal(theirs, Peek(ours, 128));
            Assert.Equal(theirs += k, guest.Peek(64));

            guest.Post(9, "ATOMIC_FETCH_AND_ADD", 128, 8, Remote(ours, 64, ("compare_add", k << 40)));
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            Assert.Equal(mine, guest.Peek(128));
            Assert.Equal(mine += k << 40, Peek(ours, 64));
        }
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void CompareAndSwap(bool ipv6) => Exchange(ipv6, (ours, guest) =>
    {
        ulong theirs = 1, mine = 2;
        guest.Poke(64, theirs);
        Poke(ours, 64, mine);
        foreach (var (hit, next) in new[] { (true, ulong.MaxValue), (false, 5ul), (true, 0x0102030405060708ul) })
        {
            ours.Post(SendOpcode.CompareAndSwap, 128, 8, new()
            {
                RemoteAddress = guest.Address + 64, RemoteKey = guest.RemoteKey, CompareAdd = hit ? theirs : ~theirs, Swap = next,
            });
            ours.Good();
            Assert.Equal(theirs, Peek(ours, 128));
            Assert.Equal(theirs = hit ? next : theirs, guest.Peek(64));

            guest.Post(9, "ATOMIC_CMP_AND_SWP", 128, 8, Remote(ours, 64, ("compare_add", hit ? mine : ~mine), ("swap", next)));
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            Assert.Equal(mine, guest.Peek(128));
            Assert.Equal(mine = hit ? next : mine, Peek(ours, 64));
        }
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void SendWithInvalidate(bool ipv6) => Exchange(ipv6, (ours, guest) =>
    {
        var window = guest.Bind(1, Target, 4096, "REMOTE_WRITE");
        Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
        ours.Fill(0, 2000, 1);
        ours.Post(SendOpcode.RdmaWrite, 0, 2000, new() { RemoteAddress = guest.Address + Target, RemoteKey = window });
        ours.Good();
        guest.Check(Target, 2000, 1);
        guest.Receive(7, 0, 4096);
        ours.Post(SendOpcode.SendWithInvalidate, 0, 2000, new() { InvalidateKey = window });
        ours.Good();
        var got = guest.Poll(1)[0];
        Assert.Equal(("SUCCESS", 2000u, (uint?)window), (got.Status, got.Length, got.Invalidated));

        using var region = ours.Domain.RegisterMemory(new byte[4096], OurEnd.AllAccess, peerMayInvalidate: true);
        guest.Fill(0, 2000, 2);
        guest.Post(8, "RDMA_WRITE", 0, 2000, new() { ["rkey"] = region.RemoteKey, ["address"] = region.Address });
        ours.Receive(9, 0, 4096);
        guest.Post(10, "SEND_WITH_INV", 0, 2000, new() { ["invalidate"] = region.RemoteKey });
        var received = ours.Good();
        Assert.True(received.Flags.HasFlag(WorkCompletionFlags.WithInvalidate));
        Assert.Equal((2000u, region.RemoteKey), (received.ByteLength, received.InvalidatedKey));
        Assert.All(guest.Poll(2), c => Assert.Equal("SUCCESS", c.Status));
        Assert.True(region.AsSpan(0, 2000).SequenceEqual(GuestPattern.Create(2, 2000)));

        // What was invalidated cannot be reached any more.
        guest.Post(11, "RDMA_WRITE", 0, 8, new() { ["rkey"] = region.RemoteKey, ["address"] = region.Address });
        Assert.Equal("REM_ACCESS_ERR", guest.Poll(1)[0].Status);
    });

    [SkippableTheory]
    [InlineData(false, SendOpcode.RdmaWrite)]
    [InlineData(true, SendOpcode.RdmaWrite)]
    [InlineData(false, SendOpcode.RdmaRead)]
    [InlineData(true, SendOpcode.FetchAndAdd)]
    public void TheGuestRefusesABadRemoteKey(bool ipv6, SendOpcode opcode) => Exchange(ipv6, (ours, guest) =>
    {
        guest.Fill(Target, 4096, 5);
        ours.Post(opcode, 0, 8, new() { WorkRequestId = 1, RemoteAddress = guest.Address + Target, RemoteKey = guest.RemoteKey ^ 0xFF });
        ours.Post(SendOpcode.Send, 0, 8, new() { WorkRequestId = 2 });
        var refused = ours.Next();
        Assert.Equal((1ul, WorkCompletionStatus.RemoteAccessError), (refused.WorkRequestId, refused.Status));
        var flushed = ours.Next();
        Assert.Equal((2ul, WorkCompletionStatus.WorkRequestFlushedError), (flushed.WorkRequestId, flushed.Status));
        Assert.Equal(QueuePairState.Error, ours.QueuePair.State);
        guest.Check(Target, 4096, 5);
    }, balanced: false);

    [SkippableTheory]
    [InlineData(false, "RDMA_WRITE")]
    [InlineData(true, "RDMA_WRITE")]
    [InlineData(false, "RDMA_READ")]
    [InlineData(true, "ATOMIC_FETCH_AND_ADD")]
    public void WeRefuseABadRemoteKey(bool ipv6, string opcode) => Exchange(ipv6, (ours, guest) =>
    {
        ours.Fill(Target, 4096, 5);
        var bad = Remote(ours, Target);
        bad["rkey"] = ours.Region.RemoteKey ^ 0xFF;
        guest.Post(1, opcode, 0, 8, bad);
        Assert.Equal("REM_ACCESS_ERR", guest.Poll(1)[0].Status);
        Assert.Equal(6, guest.State());
        ours.Check(Target, 4096, 5);
    }, balanced: false);

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void WaitsForAReceiveThatIsPostedLate(bool ipv6) => Exchange(ipv6, (ours, guest) =>
    {
        ours.Fill(0, 3000, 1);
        var before = guest.Counters();
        ours.Post(SendOpcode.Send, 0, 3000);
        while (guest.Counters().Since(before)["send_rnr_err"] == 0) Thread.Yield();
        guest.Receive(7, Target, 4096);
        ours.Good();
        Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
        guest.Check(Target, 3000, 1);

        guest.Fill(0, 3000, 2);
        guest.Post(8, "SEND", 0, 3000);
        while (ours.Device.GetPipeline().HardwareCounters["send_rnr_err"] == 0) ours.Completions.Poll([]);
        ours.Receive(9, Target, 4096);
        Assert.Equal(3000u, ours.Good().ByteLength);
        Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
        ours.Check(Target, 3000, 2);
    }, balanced: false);

    /// <summary>
    /// Connects a queue pair of ours with one of the guest, with a shared receive queue where it <paramref name="guestShares"/>, lets them
    /// exchange, and compares what both sides counted.
    /// </summary>
    private void Exchange(bool ipv6, Action<OurEnd, GuestVerbs> body, bool balanced = true, bool guestShares = false)
    {
        var guest = fixture.Guest;
        guest.Namespace.Run(() =>
        {
            using var agent = guest.Connect();
            using var ours = new OurEnd(ipv6);
            ours.Connect(agent, guest.PathMtu, ipv6, guestShares: guestShares);
            var before = agent.Counters();
            body(ours, agent);
            var grown = agent.Counters().Since(before);
            var counted = ours.Device.GetPipeline().HardwareCounters;
            if (balanced && !PacketBalance.IsImpatienceOfTheGuest(counted, grown)) Assert.Empty(PacketBalance.Differences(counted, grown));
        });
    }

    private static JsonObject Remote(OurEnd ours, int offset, params (string Name, ulong Value)[] more)
    {
        var fields = new JsonObject { ["rkey"] = ours.Region.RemoteKey, ["address"] = ours.Region.Address + (ulong)offset };
        foreach (var (name, value) in more) fields[name] = value;
        return fields;
    }

    private static void Poke(OurEnd ours, int offset, ulong value) => MemoryMarshal.Write(ours.Region.AsSpan((ulong)offset, 8), value);

    private static ulong Peek(OurEnd ours, int offset) => MemoryMarshal.Read<ulong>(ours.Region.AsSpan((ulong)offset, 8));
}

[Collection("guest with path MTU 1024")]
public sealed class VerbsInteropTests1024(RxeFixture1024 fixture) : VerbsInteropTests(fixture);

[Collection("guest with path MTU 4096")]
public sealed class VerbsInteropTests4096(RxeFixture4096 fixture) : VerbsInteropTests(fixture);
