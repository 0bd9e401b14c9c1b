using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>
/// Packets of legal form and random content: never an exception, never a byte outside a registered region, never a wrong answer to
/// "what may be owed". RDMAPIPELINE_SEED replays a seed.
/// </summary>
public sealed class RandomRequestTests(ITestOutputHelper output)
{
    private static readonly Opcode[] Requests =
        [.. Enumerable.Range(0, 0x20).Select(code => (Opcode)code).Where(code => !OpcodeTraits.Of(code).IsResponse)];


    private uint _left;
    private int _executed;
    private int _answered;
    private int _restarted;

    [Fact]
    public void RandomRequestsNeverThrowAndNeverWriteOutside()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("RDMAPIPELINE_SEED"), out var given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        for (var run = 0; run < 100; run++)
        {
            var random = new Random(unchecked(seed + run));
            try
            {
                Play(new ReceiveSide(depth: random.Next(1, 6)), random);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"RDMAPIPELINE_SEED={unchecked(seed + run)} replays this as the first run", failure);
            }
        }

        output.WriteLine($"{_executed} executed, {_answered} answers, {_restarted} restarts");
        Assert.True(_executed > 5000 && _answered > 5000 && _restarted > 500, "The packets do not reach what they should.");
    }

    private void Play(ReceiveSide side, Random random)
    {
        Restart(side, random);
        for (var step = 0; step < 400; step++)
        {
            var before = side.Expected;
            var request = Next(side, random);
            side.Receive(request);
            Note(side, request, before);
            if (random.Next(3) == 0) Drain(side);
            if (random.Next(4) == 0) PostReceive(side, random, (ulong)step);
            if (side.Context.State == QueuePairState.Error) Restart(side, random);
        }

        Drain(side);
        Assert.False(side.Acks.HasWork);
    }

    private void Drain(ReceiveSide side)
    {
        var answers = side.PollAll();
        _answered += answers.Count;
        // R-RESP-33, R-RESP-19: whatever came, what is owed at one time leaves in PSN order.
        for (var i = 1; i < answers.Count; i++)
            Assert.True(new Sequence.Psn(answers[i].Psn).IsAfter(new Sequence.Psn(answers[i - 1].Psn)), string.Join(", ", answers));
    }

    private void Note(ReceiveSide side, Request request, uint before)
    {
        var traits = OpcodeTraits.Of(request.Opcode);
        if (side.LastDrop == DropReason.None)
        {
            _executed++;
            if (traits.Operation == PacketOperation.Write) _left = (traits.IsFirst ? request.Length : _left) - (uint)request.Payload.Length;
        }
        else if (!traits.Has(HeaderLayout.Ieth))
        {
            // R-RESP-27: only a SEND whose invalidation fails is executed and counted as dropped.
            Assert.Equal(before, side.Expected);
        }
    }

    private void Restart(ReceiveSide side, Random random)
    {
        _restarted++;
        Drain(side);
        side.AssertGuardsIntact();
        Assert.False(side.Acks.HasWork);
        side.Completions();
        side.Responder.Reset();
        side.Context.ReceiveRing.Reset();
        side.Scope.Settings.ReceivePsn = new Sequence.Psn((uint)random.Next(1 << 24));
        side.Responder.Start();
        side.Context.State = QueuePairState.ReadyToSend;
        for (var i = random.Next(8); i > 0; i--) PostReceive(side, random, (ulong)i);
    }

    // Mostly what the responder expects, so that messages get on; one field is often wrong.
    private Request Next(ReceiveSide side, Random random)
    {
        var request = side.Legal(NextOpcode(side, random), side.Expected) with
        {
            AckRequest = random.Next(2) == 0, SwapOrAdd = (ulong)random.NextInt64(),
        };
        var traits = OpcodeTraits.Of(request.Opcode);
        var length = traits.Payload == PayloadRule.None ? (uint)random.Next(1500)
            : traits.IsLast ? (uint)request.Payload.Length
            : (uint)((random.Next(1, 5) * ReceiveSide.Mtu) + random.Next(1, ReceiveSide.Mtu + 1));
        request = request with { Length = length, Address = request.Address + (ulong)(random.Next(ReceiveSide.RegionLength) & ~7) };
        if (traits.Group == FollowerGroup.WriteContinuation && traits.IsLast)
            request = request with { Payload = new byte[Math.Min(_left, ReceiveSide.Mtu)] };
        return Spoil(side, random, request);
    }

    private Opcode NextOpcode(ReceiveSide side, Random random)
    {
        var expecting = side.State.Expecting;
        if (random.Next(60) == 0) return Requests[random.Next(Requests.Length)];
        if (expecting == FollowerGroup.WriteContinuation && _left > ReceiveSide.Mtu) return Opcode.RcWriteMiddle;
        var legal = Requests.Select(OpcodeTraits.Of)
            .Where(traits => traits.Group == expecting)
            .Where(traits => traits.IsLast || expecting != FollowerGroup.WriteContinuation).ToArray();
        return legal[random.Next(legal.Length)].Opcode;
    }

    private static Request Spoil(ReceiveSide side, Random random, Request request) => random.Next(80) switch
    {
        0 => request with { Psn = (uint)random.Next(1 << 24) },
        1 or 2 => request with { Psn = side.Expected + (uint)random.Next(1, 5) },
        >= 3 and <= 9 => request with { Psn = (side.Expected - (uint)random.Next(1, 8)) & 0xFFFFFF },
        10 => request with { Key = (uint)random.NextInt64() },
        11 => request with { Address = (ulong)random.NextInt64() },
        12 => request with { Address = side.RegionAddress - ReceiveSide.RegionLength + (ulong)random.Next(3 * ReceiveSide.RegionLength) },
        13 => request with { Length = (uint)random.NextInt64(1L << 32) },
        14 => request with { Payload = new byte[random.Next(600)] },
        15 => request with { PadCount = random.Next(4) },
        16 => request with { Key = side.SinkKey },
        _ => request,
    };

    private static void PostReceive(ReceiveSide side, Random random, ulong id)
    {
        if (side.Context.ReceiveRing.PostedCount > 100) return;
        var entries = new ScatterGatherEntry[random.Next(side.Context.ReceiveRing.MaxEntries + 1)];
        for (var i = 0; i < entries.Length; i++)
        {
            var start = random.Next(ReceiveSide.RegionLength);
            var length = random.Next(20) == 0 ? random.Next(5000) : random.Next(ReceiveSide.RegionLength - start);
            entries[i] = new ScatterGatherEntry(side.SinkAddress + (ulong)start, (uint)length, random.Next(30) == 0 ? 5 : side.SinkKey);
        }

        side.PostReceive(id, entries);
    }
}
