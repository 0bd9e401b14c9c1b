using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>The calls. Those that make things go on come several times, so that objects meet.</summary>
internal static partial class VerbsCalls
{
    public static VerbCall[] All { get; } =
    [
        CreateDomain, CreateQueue, CreateQueue, CreateChannel, CreatePair, CreatePair, CreatePair, CreateShared, CreateHandle,
        OpenXrc, CreateTarget, OpenTarget, Register, Register, Register, AllocateRegion, AllocateWindow, AllocateDeviceMemory, CreateParent,
        Connect, Connect, Connect, Activate, Modify, Modify, QueryPair, PostSend, PostSend, PostSend, PostSend, PostReceive, PostReceive,
        PostReceive, PostList, PostShared, PostShared, PollQueue, PollQueue, ReadQueue, UseQueue, UseChannel, ChangeShared, ChangeHandle,
        ChangeRegion, MapRegion, BindWindow, Attach, QueryDevice, QueryTables, ChangeDevice, ReadEvents, Run, Run, Run, Run,
        Inject, Inject, Inject, Inject,
        Dispose, Dispose, Dispose, Reshape, Reshape, Look,
    ];

    private static void CreateDomain(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (side.Domains.HasRoom) side.Domains.Add(side.Device.CreateProtectionDomain());
    }

    private static void CreateParent(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (side.Domains.HasRoom) side.Domains.Add(bench.Pick(side.Domains, ref choices).CreateParentDomain());
    }

    private static void CreateChannel(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (side.Channels.HasRoom) side.Channels.Add(side.Device.CreateCompletionChannel());
    }

    private static void CreateQueue(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.Queues.HasRoom) return;
        side.Queues.Add(side.Device.CreateCompletionQueue(new CompletionQueueOptions
        {
            Capacity = choices.OneIn(4) ? Absurd.Size(ref choices) : 128,
            Channel = choices.OneIn(3) ? bench.PickOrNull(bench.Stray(side, ref choices).Channels, ref choices) : null,
            CompletionVector = choices.OneIn(12) ? Absurd.Small(1, ref choices) : 0, Timestamps = choices.OneIn(2),
        }));
    }

    private static void CreatePair(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.Pairs.HasRoom) return;
        var domain = bench.Pick(side.Domains, ref choices);
        var type = choices.OneIn(4) ? Absurd.Enum<QueuePairType>(ref choices)
            : choices.Pick(QueuePairType.ReliableConnection, QueuePairType.UnreliableConnection, QueuePairType.UnreliableDatagram,
                QueuePairType.XrcInitiator, QueuePairType.Gsi, QueuePairType.ReliableConnection);
        var receives = type != QueuePairType.XrcInitiator || choices.OneIn(12);
        side.Pairs.Add(domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = type, SignalAll = choices.OneIn(2), Port = Absurd.Port(ref choices),
            SendCompletionQueue = bench.PickOrNull(bench.Stray(side, ref choices).Queues, ref choices),
            ReceiveCompletionQueue = receives ? bench.PickOrNull(bench.Stray(side, ref choices).Queues, ref choices) : null,
            SharedReceiveQueue = choices.OneIn(3) ? bench.PickOrNull(bench.Stray(side, ref choices).SharedQueues, ref choices) : null,
            Capabilities = Absurd.Capabilities(ref choices),
        }));
    }

    private static void CreateShared(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.SharedQueues.HasRoom) return;
        var domain = bench.Pick(side.Domains, ref choices);
        var isXrc = choices.OneIn(2);
        var type = isXrc ? SharedReceiveQueueType.Xrc : SharedReceiveQueueType.Basic;
        side.SharedQueues.Add(domain.CreateSharedReceiveQueue(new SharedReceiveQueueInitAttributes
        {
            Type = choices.OneIn(24) ? (SharedReceiveQueueType)choices.Byte() : type,
            MaxWorkRequests = Absurd.Size(ref choices), MaxEntries = Absurd.Small(4, ref choices), Limit = Absurd.Small(2, ref choices),
            XrcDomain = isXrc ? bench.PickOrNull(bench.Stray(side, ref choices).XrcDomains, ref choices) : null,
            CompletionQueue = isXrc ? bench.PickOrNull(bench.Stray(side, ref choices).Queues, ref choices) : null,
        }));
    }

    private static void CreateHandle(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.Handles.HasRoom) return;
        var domain = bench.Pick(side.Domains, ref choices);
        if (choices.OneIn(4))
        {
            var received = new WorkCompletion { Flags = choices.OneIn(3) ? WorkCompletionFlags.None : WorkCompletionFlags.Grh };
            Span<byte> header = stackalloc byte[choices.Below(48)];
            if (header.Length >= 40) (header[20], header[36]) = (0x45, choices.Byte());
            side.Handles.Add(domain.CreateAddressHandle(received, header, Absurd.Port(ref choices)));
            return;
        }

        side.Handles.Add(domain.CreateAddressHandle(Absurd.Vector(bench.Other(side), ref choices)));
    }

    private static void OpenXrc(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.XrcDomains.HasRoom) return;
        var name = choices.OneIn(2) ? $"domain {choices.Below(3)}" : null;
        side.XrcDomains.Add(side.Device.OpenXrcDomain(name, choices.OneIn(3) ? (FileMode)choices.Below(8) : FileMode.OpenOrCreate));
    }

    private static void CreateTarget(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.Pairs.HasRoom) return;
        var type = choices.OneIn(16) ? Absurd.Enum<QueuePairType>(ref choices) : QueuePairType.XrcTarget;
        side.Pairs.Add(bench.Pick(side.XrcDomains, ref choices).CreateQueuePair(new QueuePairInitAttributes { Type = type }));
    }

    private static void OpenTarget(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.OpenedPairs.HasRoom) return;
        var domain = bench.Pick(side.XrcDomains, ref choices);
        var number = choices.OneIn(4) ? choices.Byte() : bench.Pick(side.Pairs, ref choices).Number;
        side.OpenedPairs.Add(domain.OpenQueuePair(number));
    }

    private static void ReadEvents(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        while (side.Device.AsyncEvents.TryRead(out _))
        {
        }
    }

    private static void Run(VerbsBench bench, VerbsSide side, ref RecordReader choices) => bench.Run(choices.Byte());

    private static void Dispose(VerbsBench bench, VerbsSide side, ref RecordReader choices) => side.DisposeOne(ref choices);
}
