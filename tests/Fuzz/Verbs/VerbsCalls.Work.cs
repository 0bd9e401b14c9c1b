using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <content>Queue pairs and work requests.</content>
internal static partial class VerbsCalls
{
    private static void Connect(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(side.Pairs, ref choices);
        var peerSide = choices.OneIn(4) ? side : bench.Other(side);
        var peer = bench.Pick(peerSide.Pairs, ref choices);
        var options = Absurd.Connect(ref choices);
        var end = choices.OneIn(16) ? new QueuePairEndpoint(Absurd.Gid(peerSide, ref choices), choices.UInt16() << 12, choices.Byte())
            : peer.LocalEndpoint;
        pair.ConnectTo(end, options);
        // Half a connection is legal, but seldom gets far.
        if (!choices.OneIn(6)) peer.ConnectTo(pair.LocalEndpoint, options);
    }

    private static void Activate(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(side.Pairs, ref choices);
        if (choices.OneIn(6))
        {
            pair.Initialize(Absurd.Connect(ref choices));
            return;
        }

        var key = choices.OneIn(8) ? choices.Byte() : SceneEnd.QueueKey;
        pair.Activate(key, Absurd.Port(ref choices), choices.OneIn(8) ? Absurd.Small(4, ref choices) : 0);
    }

    private static void Modify(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(choices.OneIn(12) ? side.OpenedPairs : side.Pairs, ref choices);
        var state = Absurd.Enum<QueuePairState>(ref choices);
        var change = choices.OneIn(2) ? new QueuePairAttributes { State = state } : Change(bench, side, state, ref choices);
        if (state == QueuePairState.Reset) bench.Work.MayBeReset(pair);
        var before = pair.Query();
        try
        {
            pair.Modify(change);
        }
        catch (RdmaException) when (Lasting(pair.Query()) != Lasting(before))
        {
            // R-VERB-14.
            throw new Engine.FuzzFailureException("a change that was refused changed something");
        }
    }

    // What changes only when somebody modifies it.
    private static QueuePairAttributes Lasting(QueuePairAttributes attributes) => attributes with
    {
        State = null, CurrentState = null, ReceivePsn = null, SendPsn = null, NotifySendQueueDrained = null, IsSendQueueDraining = false,
    };

    private static QueuePairAttributes Change(VerbsBench bench, VerbsSide side, QueuePairState state, ref RecordReader choices)
    {
        var bits = (choices.UInt16() << 8) | choices.Byte();
        return new QueuePairAttributes
        {
            State = (bits & 1) != 0 ? state : null, CurrentState = (bits & 2) != 0 ? Absurd.Enum<QueuePairState>(ref choices) : null,
            NotifySendQueueDrained = (bits & 4) != 0 ? true : null, Access = (bits & 8) != 0 ? Absurd.Access(ref choices) : null,
            PkeyIndex = (bits & 16) != 0 ? Absurd.Small(4, ref choices) : null, Port = (bits & 32) != 0 ? Absurd.Port(ref choices) : null,
            Qkey = (bits & 64) != 0 ? choices.Byte() : null,
            AddressVector = (bits & 128) != 0 ? Absurd.Vector(bench.Other(side), ref choices) : null,
            PathMtu = (bits & 256) != 0 ? Absurd.Enum<PathMtu>(ref choices) : null,
            Timeout = (bits & 512) != 0 ? choices.Pick(1, 5, 10, 32, -1) : null,
            RetryCount = (bits & 1024) != 0 ? Absurd.Small(7, ref choices) : null,
            RnrRetry = (bits & 2048) != 0 ? choices.Pick(0, 3, 6, 8, -1) : null, ReceivePsn = (bits & 4096) != 0 ? choices.UInt16() : null,
            MaxReadAtomic = (bits & 8192) != 0 ? choices.Pick(1, 4, 128, 129, -1) : null,
            SendPsn = (bits & 1 << 14) != 0 ? choices.UInt16() : null,
            MinRnrTimer = (bits & 1 << 15) != 0 ? Absurd.Small(31, ref choices) : null,
            MaxDestinationReadAtomic = (bits & 1 << 16) != 0 ? Absurd.Small(128, ref choices) : null,
            DestinationQueuePair = (bits & 1 << 17) != 0 ? choices.UInt16() << 9 : null,
            AlternatePath = (bits & 3 << 18) == 3 << 18 ? new AlternatePath(Absurd.Vector(side, ref choices), 0, 1, 14) : null,
            PathMigrationState = (bits & 5 << 19) == 5 << 19 ? Absurd.Enum<PathMigrationState>(ref choices) : null,
            Capabilities = (bits & 3 << 22) == 3 << 22 ? new QueuePairCapabilities() : null,
            RateLimit = (bits & 7 << 20) == 7 << 20 ? 1u : null,
        };
    }

    private static void QueryPair(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(side.Pairs, ref choices);
        var attributes = pair.Query();
        if (attributes.State != pair.State) throw new Engine.FuzzFailureException($"{attributes.State} is told of a pair in {pair.State}");
        pair.GetLocalEndpoint(choices.OneIn(6) ? Absurd.Small(3, ref choices) : 0, Absurd.Port(ref choices));
    }

    private static void PostSend(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(choices.OneIn(24) ? side.OpenedPairs : side.Pairs, ref choices);
        var request = Request(bench, side, ref choices);
        if (pair.TryPostSend(request)) bench.Work.PostedSend(pair, request);
    }

    private static void PostList(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(side.Pairs, ref choices);
        SendWorkRequest[] requests = [Request(bench, side, ref choices), Request(bench, side, ref choices)];
        var before = pair.Context.SendRing.Tail;
        try
        {
            pair.PostSend(requests);
        }
        catch (RdmaException bad) when (bad.BadIndex is < 0 or > 1)
        {
            throw new Engine.FuzzFailureException($"a list of 2 fails at {bad.BadIndex}", bad);
        }
        finally
        {
            for (var i = 0; i < pair.Context.SendRing.Tail - before; i++) bench.Work.PostedSend(pair, requests[i]);
        }
    }

    private static void PostReceive(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(side.Pairs, ref choices);
        var request = new ReceiveWorkRequest { WorkRequestId = bench.NextId(), Entries = Entries(bench, side, ref choices) };
        if (pair.TryPostReceive(request)) bench.Work.PostedReceive(pair, request.WorkRequestId);
    }

    private static void PostShared(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var queue = bench.Pick(side.SharedQueues, ref choices);
        var request = new ReceiveWorkRequest { WorkRequestId = bench.NextId(), Entries = Entries(bench, side, ref choices) };
        if (queue.TryPostReceive(request)) bench.Work.PostedShared(request.WorkRequestId);
    }

    private static void Attach(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(side.Pairs, ref choices);
        var group = choices.OneIn(4) ? Absurd.Gid(side, ref choices) : Group(ref choices);
        if (choices.OneIn(3))
        {
            pair.DetachMulticast(group, GroupLid(side, group));
            side.Memberships.Remove((pair, group, GroupLid(side, group)));
            return;
        }

        pair.AttachMulticast(group, GroupLid(side, group));
        side.Memberships.Add((pair, group, GroupLid(side, group)));
    }

    private static ushort GroupLid(VerbsSide side, Gid group) => side.IsNative ? (ushort)(0xC000 + (uint)(group.Value & 3)) : (ushort)0;

    private static SendWorkRequest Request(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var opcode = Absurd.Enum<SendOpcode>(ref choices);
        var flags = (SendFlags)(choices.Byte() & 0x17);
        var target = bench.PickOrNull(bench.Other(side).Regions, ref choices);
        var peer = bench.PickOrNull(bench.Other(side).Pairs, ref choices);
        var shared = bench.PickOrNull(bench.Other(side).SharedQueues, ref choices);
        var request = new SendWorkRequest
        {
            WorkRequestId = bench.NextId(), Opcode = opcode, Flags = flags,
            RemoteAddress = (target?.Address ?? 0) + (Absurd.Offset(target?.Length ?? 0, ref choices) & ~7UL),
            RemoteKey = target?.RemoteKey ?? 0, Immediate = choices.Byte(), InvalidateKey = target?.RemoteKey ?? choices.Byte(),
            CompareAdd = 1, Swap = 2, RemoteQueuePair = choices.OneIn(12) ? uint.MaxValue : peer?.Number ?? 0xFFFFFF,
            RemoteQueueKey = SceneEnd.QueueKey, Address = bench.PickOrNull(bench.Stray(side, ref choices).Handles, ref choices),
            RemoteSharedReceiveQueue = shared is { Type: SharedReceiveQueueType.Xrc } ? shared.Number : choices.Byte(),
            FlushLength = choices.Byte(), FlushPlacement = (FlushPlacement)choices.Below(4),
            FlushSelectivity = (FlushSelectivity)choices.Below(3),
            PkeyIndex = choices.OneIn(12) ? ushort.MaxValue : (ushort)0, MemoryOperation = Operation(bench, side, opcode, ref choices),
        };
        return choices.OneIn(4) ? request with { InlineData = new byte[choices.Below(80)] }
            : request with { Entries = Entries(bench, side, ref choices) };
    }

    private static MemoryOperation? Operation(VerbsBench bench, VerbsSide side, SendOpcode opcode, ref RecordReader choices)
    {
        var region = bench.PickOrNull(side.Regions, ref choices);
        if (opcode == SendOpcode.RegisterMemoryRegion && region is not null)
            return new FastRegistration(region, Absurd.Access(ref choices), choices.OneIn(8) ? choices.Byte() : null);
        if (opcode != SendOpcode.BindMemoryWindow || bench.PickOrNull(side.Windows, ref choices) is not { } window) return null;
        return new MemoryWindowBinding(window, region, region?.Address ?? 0, choices.Pick<ulong>(64, 0, 4096, ulong.MaxValue),
            Absurd.Access(ref choices));
    }

    // The keys of the whole address space are left out: with them a wrong address ends the process, as it must.
    private static ScatterGatherEntry[] Entries(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var entries = new ScatterGatherEntry[choices.Below(4)];
        for (var i = 0; i < entries.Length; i++)
        {
            var region = bench.PickOrNull(bench.Stray(side, ref choices).Regions, ref choices);
            if (region is null || region.Type == MemoryRegionType.Dma) continue;
            var length = choices.Pick<uint>(8, 64, 0, 256, 4096, 8, 1u << 31, uint.MaxValue);
            var key = choices.OneIn(24) ? region.LocalKey ^ 1 : region.LocalKey;
            entries[i] = new ScatterGatherEntry(region.Address + Absurd.Offset(region.Length, ref choices), length, key);
        }

        return entries;
    }
}
