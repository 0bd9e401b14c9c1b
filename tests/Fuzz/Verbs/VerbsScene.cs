using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>What most inputs begin with: on both devices one of everything, and pairs that are connected to each other.</summary>
internal static class VerbsScene
{
    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.MemoryWindowBind | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private static readonly ConnectOptions Options =
        new() { Timeout = 8, RetryCount = 3, RnrRetry = 3, MinRnrTimer = 2, MaxReadAtomic = 4 };

    public static void Set(VerbsBench bench)
    {
        foreach (var side in bench.Sides) Make(bench, side);
        var (left, right) = (bench.Sides[0].Pairs.Living.ToList(), bench.Sides[1].Pairs.Living.ToList());
        for (var i = 0; i < left.Count; i++) Join(left[i], right[Counterpart(left[i].Type, i)]);
        foreach (var side in bench.Sides)
        {
            var peer = bench.Other(side);
            side.Handles.Add(side.Domains.Living.First().CreateAddressHandle(new AddressVector
            {
                DestinationGid = peer.Device.QueryGid(1, 0), DestinationLid = peer.Lid, IsGlobal = !side.IsNative,
            }));
        }
    }

    private static void Make(VerbsBench bench, VerbsSide side)
    {
        var domain = side.Device.CreateProtectionDomain();
        side.Domains.Add(domain);
        var queue = side.Device.CreateCompletionQueue(256);
        side.Queues.Add(queue);
        var shared = domain.CreateSharedReceiveQueue(new SharedReceiveQueueInitAttributes { MaxWorkRequests = 8 });
        side.SharedQueues.Add(shared);
        var xrc = side.Device.OpenXrcDomain();
        side.XrcDomains.Add(xrc);
        side.SharedQueues.Add(domain.CreateSharedReceiveQueue(new SharedReceiveQueueInitAttributes
        {
            Type = SharedReceiveQueueType.Xrc, XrcDomain = xrc, CompletionQueue = queue, MaxWorkRequests = 8,
        }));
        Add(QueuePairType.ReliableConnection);
        Add(QueuePairType.ReliableConnection, shared);
        Add(QueuePairType.UnreliableConnection);
        Add(QueuePairType.UnreliableDatagram);
        side.Pairs.Add(domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = QueuePairType.XrcInitiator, SendCompletionQueue = queue, SignalAll = true,
        }));
        side.Pairs.Add(xrc.CreateQueuePair(new QueuePairInitAttributes { Type = QueuePairType.XrcTarget }));
        for (var area = 0; area < 2; area++) side.Regions.Add(domain.RegisterMemory(bench.Arena[area], MemoryArena.AreaLength, All));
        side.Windows.Add(domain.AllocateWindow(MemoryWindowType.Type2B));

        void Add(QueuePairType type, SharedReceiveQueue? receives = null) =>
            side.Pairs.Add(domain.CreateQueuePair(new QueuePairInitAttributes
            {
                Type = type, SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SharedReceiveQueue = receives, SignalAll = true,
                Capabilities = new QueuePairCapabilities { MaxSendWorkRequests = 16, MaxReceiveWorkRequests = 16 },
            }));
    }

    // Of XRC an initiator meets a target, and the other way round; they were made last.
    private static int Counterpart(QueuePairType type, int index) => type switch
    {
        QueuePairType.XrcInitiator => index + 1, QueuePairType.XrcTarget => index - 1, _ => index,
    };

    private static void Join(QueuePair left, QueuePair right)
    {
        if (left.Type == QueuePairType.UnreliableDatagram)
        {
            left.Activate(SceneEnd.QueueKey);
            right.Activate(SceneEnd.QueueKey);
            return;
        }

        left.ConnectTo(right.LocalEndpoint, Options);
        right.ConnectTo(left.LocalEndpoint, Options);
    }
}
