using RdmaPipeline.ConformanceTests.Device.Faults;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The table of verbs.md section 6.2, what each state permits, for each type of queue pair through the whole pipeline.</summary>
[Collection(DeviceCollection.Name)]
public class StateTableTests
{
    private const ulong ReceiveId = 1;
    private const ulong SendId = 2;
    private const ulong PeerId = 3;

    private static readonly QueuePairType[] Types =
    [
        QueuePairType.ReliableConnection, QueuePairType.UnreliableConnection, QueuePairType.UnreliableDatagram, QueuePairType.Gsi,
    ];

    // The columns "post_recv", "process received requests", "post_send" of the table.
    private static readonly (QueuePairState State, Posting Receive, bool Takes, Posting Send)[] Table =
    [
        (QueuePairState.Reset, Posting.Refused, false, Posting.Refused),
        (QueuePairState.Init, Posting.Accepted, false, Posting.Refused),
        (QueuePairState.ReadyToReceive, Posting.Accepted, true, Posting.Refused),
        (QueuePairState.ReadyToSend, Posting.Accepted, true, Posting.Accepted),
        (QueuePairState.SendQueueDrained, Posting.Accepted, true, Posting.Held),
        (QueuePairState.SendQueueError, Posting.Accepted, true, Posting.Flushed),
        (QueuePairState.Error, Posting.Flushed, false, Posting.Flushed),
    ];

    private enum Posting
    {
        Refused,
        Accepted,
        Held,
        Flushed,
    }

    public static TheoryData<DeviceSetup, QueuePairType, QueuePairState> Cells
    {
        get
        {
            var cells = new TheoryData<DeviceSetup, QueuePairType, QueuePairState>();
            foreach (var setup in DeviceSetup.EveryPreset)
            {
                foreach (var type in Types)
                {
                    // R-REQ-51: a reliable connection has no SQE.
                    foreach (var (state, _, _, _) in Table)
                    {
                        if (type != QueuePairType.ReliableConnection || state != QueuePairState.SendQueueError)
                            cells.Add(setup, type, state);
                    }
                }
            }
            return cells;
        }
    }

    [Theory] // R-VERB-13, R-RESP-49, R-REQ-49, R-REQ-51, R-CQ-19
    [MemberData(nameof(Cells))]
    public void AStatePermitsWhatTheTableSays(DeviceSetup setup, QueuePairType type, QueuePairState state)
    {
        var (_, receive, takes, send) = Table.Single(row => row.State == state);
        using var scene = new Scene(setup, type);
        scene.Enter(state);
        Assert.Equal(state, scene.Subject.State);
        ReceivesArePosted(scene, receive);
        RequestsAreTaken(scene, takes);
        SendsArePosted(scene, send);
        Assert.Equal(0, scene.Pair.QueueA.Count);
    }

    // R-REQ-49, R-REQ-52, R-REQ-53: the column "finish outstanding sends".
    [Theory]
    [InlineData(QueuePairState.ReadyToSend, WorkCompletionStatus.Success)]
    [InlineData(QueuePairState.SendQueueDrained, WorkCompletionStatus.Success)]
    [InlineData(QueuePairState.Error, WorkCompletionStatus.WorkRequestFlushedError)]
    [InlineData(QueuePairState.Reset, null)]
    public void WhatIsOutstandingEndsAsTheStateSays(QueuePairState state, WorkCompletionStatus? status)
    {
        foreach (var setup in DeviceSetup.EveryPreset)
        {
            using var scene = new Scene(setup, QueuePairType.ReliableConnection);
            scene.Enter(QueuePairState.ReadyToSend);
            scene.Requests.Touch = Bytes.Lose;
            scene.Subject.PostSend(
                new SendWorkRequest { Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, WorkRequestId = SendId });
            scene.Pair.Until(() => scene.Requests.Seen.Count > 0, "the request is out");
            if (state != QueuePairState.ReadyToSend)
                scene.Subject.Modify(new QueuePairAttributes { State = state });
            scene.Requests.Touch = null;
            scene.AskBystanders();
            if (status is { } expected)
                Expect(scene.Pair.Next(scene.Pair.QueueA), SendId, expected);
            Assert.Equal((state, 0), (scene.Subject.State, scene.Pair.QueueA.Count));
        }
    }

    private static void ReceivesArePosted(Scene scene, Posting verdict)
    {
        var receive = new ReceiveWorkRequest { WorkRequestId = ReceiveId, Entry = scene.MemoryA.Entry() };
        if (verdict == Posting.Refused)
        {
            Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => scene.Subject.PostReceive(receive)).Errno);
            return;
        }
        scene.Subject.PostReceive(receive);
        if (verdict == Posting.Flushed)
            Expect(scene.Pair.Next(scene.Pair.QueueA), ReceiveId, WorkCompletionStatus.WorkRequestFlushedError);
    }

    private static void RequestsAreTaken(Scene scene, bool takes)
    {
        scene.Peer.PostSend(scene.Request(scene.Subject) with { WorkRequestId = PeerId });
        bool isHeard = takes || scene.Type != QueuePairType.ReliableConnection;
        var expected = isHeard ? WorkCompletionStatus.Success : WorkCompletionStatus.RetryExceededError;
        Expect(scene.Pair.Next(scene.Pair.QueueB), PeerId, expected);
        if (takes)
            Expect(scene.Pair.Next(scene.Pair.QueueA), ReceiveId, WorkCompletionStatus.Success);
        else
            scene.Pair.Until(() => DevicePair.Drops(scene.Pair.A, DropReason.QpState) > 0, "the request is dropped");
    }

    private static void SendsArePosted(Scene scene, Posting verdict)
    {
        var send = scene.Request(scene.Peer) with { WorkRequestId = SendId };
        if (verdict == Posting.Refused)
        {
            Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => scene.Subject.PostSend(send)).Errno);
            return;
        }
        scene.Subject.PostSend(send);
        if (verdict == Posting.Held)
        {
            scene.AskBystanders();
            Assert.Equal(0, scene.Pair.QueueA.Count);
            Assert.DoesNotContain(scene.Requests.Seen, packet => IsRequestTo(packet, scene.Peer));
            scene.Subject.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend });
        }
        Expect(scene.Pair.Next(scene.Pair.QueueA), SendId,
            verdict == Posting.Flushed ? WorkCompletionStatus.WorkRequestFlushedError : WorkCompletionStatus.Success);
        scene.AskBystanders();
        bool arrived = scene.Requests.Seen.Any(packet => IsRequestTo(packet, scene.Peer));
        Assert.Equal(verdict != Posting.Flushed, arrived);
    }

    private static bool IsRequestTo(WirePacket packet, QueuePair queuePair) =>
        packet.To == queuePair.Number && !OpcodeTraits.Of(packet.Opcode).IsResponse;

    private static void Expect(WorkCompletion completion, ulong id, WorkCompletionStatus status) =>
        Assert.Equal((id, status), (completion.WorkRequestId, completion.Status));

    /// <summary>A queue pair to be brought into a state, a peer that is ready, and a connection beside them.</summary>
    private sealed class Scene : IDisposable
    {
        private const uint QueueKey = 0x1234;
        private const int Size = 100;

        private readonly ConnectOptions _options = new() { Timeout = 12, RetryCount = 7 };
        private readonly (QueuePair A, QueuePair B) _bystanders;
        private readonly CompletionQueue _besideA;
        private readonly CompletionQueue _besideB;
        private readonly AddressHandle _wayToA;
        private readonly AddressHandle _wayToB;
        private readonly MemoryRegion _memoryB;

        public Scene(DeviceSetup setup, QueuePairType type)
        {
            Type = type;
            Pair = new DevicePair(setup, setup.Options, setup.Options with { Graph = Requests.PutInto });
            (_besideA, _besideB) = (Pair.A.CreateCompletionQueue(8), Pair.B.CreateCompletionQueue(8));
            _bystanders = (Create(Pair.DomainA, _besideA, QueuePairType.ReliableConnection),
                Create(Pair.DomainB, _besideB, QueuePairType.ReliableConnection));
            _bystanders.A.ConnectTo(_bystanders.B.LocalEndpoint);
            _bystanders.B.ConnectTo(_bystanders.A.LocalEndpoint);
            (Subject, Peer) = (Create(Pair.DomainA, Pair.QueueA, type), Create(Pair.DomainB, Pair.QueueB, type));
            (_wayToA, _wayToB) = (DevicePair.Way(Pair.DomainB, Pair.A), DevicePair.Way(Pair.DomainA, Pair.B));
            (MemoryA, _memoryB) = (Pair.DomainA.AllocateMemory(1000), Pair.DomainB.AllocateMemory(1000));
            if (IsDatagram)
                Peer.Activate(QueueKey);
            else
                Peer.ConnectTo(Subject.LocalEndpoint, _options);
            Peer.PostReceive(new ReceiveWorkRequest { WorkRequestId = PeerId, Entry = _memoryB.Entry() });
        }

        public QueuePairType Type { get; }

        public DevicePair Pair { get; }

        /// <summary>Completes to QueueA.</summary>
        public QueuePair Subject { get; }

        /// <summary>Its sends complete to QueueB.</summary>
        public QueuePair Peer { get; }

        public MemoryRegion MemoryA { get; }

        /// <summary>What arrives at the peer's device.</summary>
        public Wire Requests { get; } = new(StageNames.Decode);

        private bool IsDatagram => Type is QueuePairType.UnreliableDatagram or QueuePairType.Gsi;

        /// <summary>A SEND to one from the other.</summary>
        public SendWorkRequest Request(QueuePair to) => new()
        {
            Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = (to == Peer ? MemoryA : _memoryB).Entry(0, Size),
            Address = !IsDatagram ? null : to == Peer ? _wayToB : _wayToA, RemoteQueuePair = IsDatagram ? to.Number : 0,
            RemoteQueueKey = QueueKey,
        };

        /// <summary>Brings the subject into a state by the shortest legal way.</summary>
        public void Enter(QueuePairState state)
        {
            if (state == QueuePairState.Reset)
                return;
            Subject.Modify(new QueuePairAttributes
            {
                State = QueuePairState.Init, PkeyIndex = 0, Port = Type == QueuePairType.Gsi ? null : 1,
                Qkey = IsDatagram ? QueueKey : null, Access = IsDatagram ? null : DevicePair.FullAccess,
            });
            if (state == QueuePairState.Init)
                return;
            Subject.Modify(ReadyToReceive());
            if (state == QueuePairState.ReadyToReceive)
                return;
            Subject.Modify(ReadyToSend());
            if (state == QueuePairState.SendQueueError)
            {
                Subject.PostSend(Request(Peer) with { Entry = MemoryA.Entry() with { LocalKey = MemoryA.LocalKey ^ 0x10 } });
                Assert.Equal(WorkCompletionStatus.LocalProtectionError, Pair.Next(Pair.QueueA).Status);
            }
            else if (state != QueuePairState.ReadyToSend)
            {
                Subject.Modify(new QueuePairAttributes { State = state });
            }
        }

        /// <summary>What was on the way is past when a message each way has come behind it.</summary>
        public void AskBystanders()
        {
            var (a, b) = _bystanders;
            foreach (var (from, to, sent, received) in new[] { (a, b, _besideA, _besideB), (b, a, _besideB, _besideA) })
            {
                to.PostReceive(new ReceiveWorkRequest { WorkRequestId = ReceiveId });
                from.PostSend(new SendWorkRequest { WorkRequestId = SendId, Opcode = SendOpcode.Send, Flags = SendFlags.Signaled });
                Pair.NextSuccess(received, ReceiveId);
                Pair.NextSuccess(sent, SendId);
            }
        }

        public void Dispose() => Pair.Dispose();

        private static QueuePair Create(ProtectionDomain domain, CompletionQueue queue, QueuePairType type) =>
            domain.CreateQueuePair(
                new QueuePairInitAttributes { Type = type, SendCompletionQueue = queue, ReceiveCompletionQueue = queue });

        private QueuePairAttributes ReadyToReceive()
        {
            if (IsDatagram)
                return new QueuePairAttributes { State = QueuePairState.ReadyToReceive };
            bool isReliable = Type == QueuePairType.ReliableConnection;
            return new QueuePairAttributes
            {
                State = QueuePairState.ReadyToReceive, AddressVector = _wayToB.Query(), PathMtu = Pair.A.QueryPort().ActiveMtu,
                DestinationQueuePair = Peer.Number, ReceivePsn = Peer.InitialPsn,
                MaxDestinationReadAtomic = isReliable ? 1 : null, MinRnrTimer = isReliable ? 1 : null,
            };
        }

        private QueuePairAttributes ReadyToSend()
        {
            bool isReliable = Type == QueuePairType.ReliableConnection;
            return new QueuePairAttributes
            {
                State = QueuePairState.ReadyToSend, SendPsn = Subject.InitialPsn, Timeout = isReliable ? 14 : null,
                RetryCount = isReliable ? 7 : null, RnrRetry = isReliable ? 7 : null, MaxReadAtomic = isReliable ? 1 : null,
            };
        }
    }
}
