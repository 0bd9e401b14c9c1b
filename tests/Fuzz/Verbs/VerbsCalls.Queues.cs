using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <content>Completion queues, channels, shared receive queues, and what a device tells of itself.</content>
internal static partial class VerbsCalls
{
    private static void PollQueue(VerbsBench bench, VerbsSide side, ref RecordReader choices) =>
        bench.Poll(bench.Pick(side.Queues, ref choices), choices.Below(9));

    private static void ReadQueue(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var queue = bench.Pick(side.Queues, ref choices);
        var reader = queue.Read(choices.OneIn(8) ? -1 : choices.Below(9));
        while (reader.MoveNext())
        {
            bench.Completed(reader.Current);
            if (queue.HasTimestamps && reader.Timestamp < 0) throw new FuzzFailureException("a completion of the time before time");
        }
    }

    private static void UseQueue(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var queue = bench.Pick(side.Queues, ref choices);
        switch (choices.Below(5))
        {
            case 0: queue.Resize(choices.OneIn(3) ? Absurd.Size(ref choices) : choices.Between(64, 256)); break;
            case 1: queue.RequestNotification(Absurd.Enum<NotificationKind>(ref choices), choices.OneIn(2)); break;
            case 2:
                queue.SetModeration(choices.OneIn(3) ? Absurd.Size(ref choices) : choices.Below(4),
                    choices.OneIn(6) ? TimeSpan.FromTicks(-1) : TimeSpan.FromMicroseconds(choices.Byte()));
                break;
            case 3: queue.AcknowledgeEvents(Absurd.Small(1, ref choices)); break;
            default:
                if (queue.Count < 0 || (!queue.IsOverrun && queue.Count > queue.Capacity))
                    throw new FuzzFailureException($"{queue.Count} completions in a queue of {queue.Capacity}");
                break;
        }
    }

    private static void UseChannel(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var channel = bench.Pick(side.Channels, ref choices);
        if (channel.TryGetEvent(out var queue)) queue.AcknowledgeEvents(1);
    }

    private static void ChangeShared(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var queue = bench.Pick(side.SharedQueues, ref choices);
        queue.Modify(new SharedReceiveQueueAttributes
        {
            MaxWorkRequests = choices.OneIn(2) ? Absurd.Size(ref choices) : null,
            Limit = choices.OneIn(2) ? Absurd.Small(4, ref choices) : null,
            MaxEntries = choices.OneIn(12) ? 2 : null,
        });
        queue.Query();
    }

    private static void ChangeHandle(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var handle = bench.Pick(side.Handles, ref choices);
        handle.Modify(choices.OneIn(3) ? handle.Query() : Absurd.Vector(bench.Other(side), ref choices));
    }

    private static void QueryDevice(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        side.Device.QueryPort(Absurd.Port(ref choices));
        side.Device.GetPortImmutable(Absurd.Port(ref choices));
        side.Device.ReadClock();
    }

    private static void QueryTables(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var (port, index) = (Absurd.Port(ref choices), Absurd.Small(4, ref choices));
        switch (choices.Below(6))
        {
            case 0: side.Device.QueryGid(port, index); break;
            case 1: side.Device.QueryPkey(port, index); break;
            case 2: side.Device.FindPkey(0xFFFF, port); break;
            case 3: side.Device.FindGid(Absurd.Gid(side, ref choices), port); break;
            case 4: side.Device.QueryGidTable(port); break;
            default: side.Device.SelectGid(port, Absurd.Gid(side, ref choices)); break;
        }
    }

    private static void ChangeDevice(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        switch (choices.Below(4))
        {
            case 0:
                side.Device.SetPkey(
                    Absurd.Port(ref choices), Absurd.Small(4, ref choices), choices.Pick<ushort>(0xFFFF, 0x8001, 0, 0x7FFF));
                break;
            case 1:
                side.Device.ModifyDevice(new DeviceModification { NodeDescription = new string('n', choices.Byte()) });
                break;
            case 2:
                side.Device.ModifyPort(Absurd.Port(ref choices), new PortModification
                {
                    ResetQkeyCounter = choices.OneIn(2), InitType = choices.OneIn(4) ? choices.Byte() : null,
                    SetCapabilities = choices.OneIn(4) ? choices.Byte() : 0u, ClearCapabilities = choices.OneIn(4) ? choices.Byte() : 0u,
                });
                break;
            default:
                side.Device.ModifyPort(Absurd.Port(ref choices), new PortModification { Shutdown = choices.OneIn(2) });
                break;
        }
    }
}
