using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Model;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests;

/// <summary>The reference model refuses what must not be: completions that nobody could have, bytes that nobody may have written.</summary>
public sealed class ModelTests : IDisposable
{
    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;
    private const int Length = 64;

    private readonly RdmaTestFabric _fabric = new(new RdmaTestFabricOptions { Seed = 1 });
    private readonly Side _left;
    private readonly Side _right;

    public ModelTests()
        : this(new ModelRules())
    {
    }

    private ModelTests(ModelRules rules)
    {
        var hosts = (FabricHost[])[_fabric.AddHost(), _fabric.AddHost()];
        _fabric.Connect(hosts[0], hosts[1]);
        (_left, _right) = (new Side(hosts[0].Device, rules), new Side(hosts[1].Device, rules));
        Connect(_left.Model, _right.Model);
    }

    [Fact] // R-CQ-16
    public void CompletesInOrderAndOnce()
    {
        Post(1, SendOpcode.RdmaWrite);
        Post(2, SendOpcode.RdmaWrite);
        Refuses(() => Complete(2, WorkCompletionOpcode.RdmaWrite), "before send 1");
        var again = new ModelTests();
        again.Post(1, SendOpcode.RdmaWrite);
        again.Arrive(0, Length, 7);
        again.Complete(1, WorkCompletionOpcode.RdmaWrite);
        Refuses(() => again.Complete(1, WorkCompletionOpcode.RdmaWrite), "not outstanding");
        again.Dispose();
    }

    [Fact] // R-CQ-23
    public void DataAreThereWhenItCompletes()
    {
        Post(1, SendOpcode.RdmaWrite);
        Refuses(() => Complete(1, WorkCompletionOpcode.RdmaWrite), "byte 0 of memory 0");
    }

    [Fact] // R-RESP-22
    public void BytesBehindAMessageStayAsTheyWere()
    {
        Post(1, SendOpcode.RdmaWrite);
        Arrive(0, Length, 7);
        _right.Memory.Check();
        Arrive(Length, 1, 7);
        Refuses(_right.Memory.Check, $"byte {Length}");
    }

    [Fact] // R-RESP-18: what was executed is not executed again when the owner has gone on.
    public void NothingIsWrittenOnceItHasCompleted()
    {
        Post(1, SendOpcode.RdmaWrite);
        Arrive(0, Length, 7);
        Complete(1, WorkCompletionOpcode.RdmaWrite);
        _right.Memory.Write(0, new byte[Length]);
        Arrive(0, 1, 7);
        Refuses(_right.Memory.Check, "byte 0");
    }

    [Fact] // R-RESP-10
    public void WrongKeyIsNoSuccessAndARightOneNoError()
    {
        Post(1, SendOpcode.RdmaWrite, key: _right.Region.RemoteKey ^ 1);
        Refuses(() => Complete(1, WorkCompletionOpcode.RdmaWrite), "the peer's memory cannot be used so");
        var other = new ModelTests();
        other.Post(1, SendOpcode.RdmaWrite);
        Refuses(() => other.Complete(1, WorkCompletionOpcode.RdmaWrite, WorkCompletionStatus.RemoteAccessError), "RemoteAccessError");
        other.Dispose();
    }

    [Fact] // R-RESP-25
    public void AtomicsFollowEachOther()
    {
        var before = BitConverter.ToUInt64(_right.Bytes);
        Post(1, SendOpcode.FetchAndAdd, sizeof(ulong), add: 5);
        BitConverter.TryWriteBytes(_left.Bytes, before);
        BitConverter.TryWriteBytes(_right.Bytes, before + 5);
        Complete(1, WorkCompletionOpcode.FetchAndAdd, bytes: sizeof(ulong));
        _right.Memory.CheckWords();
        BitConverter.TryWriteBytes(_right.Bytes, before + 10);
        Refuses(_right.Memory.CheckWords, "no order of its 1 atomics");
    }

    [Fact] // R-REQ-31
    public void AtomicsOfOneQueuePairFollowEachOtherInOrder()
    {
        var before = BitConverter.ToUInt64(_right.Bytes);
        Post(1, SendOpcode.FetchAndAdd, sizeof(ulong), add: 5);
        Post(2, SendOpcode.FetchAndAdd, sizeof(ulong), add: 7);
        BitConverter.TryWriteBytes(_left.Bytes, before + 7);
        Complete(1, WorkCompletionOpcode.FetchAndAdd, bytes: sizeof(ulong));
        BitConverter.TryWriteBytes(_left.Bytes, before);
        Complete(2, WorkCompletionOpcode.FetchAndAdd, bytes: sizeof(ulong));
        BitConverter.TryWriteBytes(_right.Bytes, before + 12);
        Refuses(_right.Memory.CheckWords, "no order of its 2 atomics");
    }

    [Fact] // A soak that ended in a search through all orders of many atomics of unknown outcome.
    public void ManyAtomicsOfUnknownOutcomeAreSearchedInNoTime()
    {
        var before = BitConverter.ToUInt64(_right.Bytes);
        var ends = Enumerable.Range(0, 4).Select(_ => Connect(_left.Add(new ModelRules()), _right.Add(new ModelRules()))).ToList();
        for (var i = 0; i < 60; i++) Post((ulong)i, SendOpcode.FetchAndAdd, sizeof(ulong), add: 1UL << i, from: ends[i % ends.Count]);
        BitConverter.TryWriteBytes(_right.Bytes, before + 0b0101_0111);
        _right.Memory.CheckWords();
        BitConverter.TryWriteBytes(_right.Bytes, before + 0b1_0000_0000);
        Refuses(_right.Memory.CheckWords, "no order of its 0 atomics");
    }

    [Fact] // R-CQ-3
    public void QueueWithRoomTakesASend()
    {
        Post(1, SendOpcode.RdmaWrite);
        Refuses(_left.Model.RefuseSend, "with 1 of 128 outstanding");
    }

    [Fact] // R-VERB-10
    public void NothingIsWrittenToAQueuePairThatIsGone()
    {
        Post(1, SendOpcode.RdmaWrite);
        _right.Model.BeginAbandon();
        _right.Model.EndAbandon();
        _right.Memory.Check();
        Arrive(0, 1, 7);
        Refuses(_right.Memory.Check, "byte 0");
    }

    [Theory] // R-RESP-10, R-RESP-35: packets on the wire outlive the work request, and the queue pair, that they were built of.
    [InlineData(false)]
    [InlineData(true)]
    public void PeerMayRefuseWhatItsSenderHasGivenUp(bool isGone)
    {
        Post(1, SendOpcode.RdmaWrite);
        _left.Model.BeginAbandon();
        if (isGone) _left.Model.EndAbandon();
        else Flush(1);
        _right.EndMemory();
        _right.Model.Happened(AsyncEventType.QueuePairAccessError);
        Arrive(0, 1, 7);
        Refuses(_right.Memory.Check, "byte 0");
    }

    [Fact] // R-RESP-18: a request that is known to be executed causes no NAK.
    public void PeerMayNotRefuseWhatItHasExecuted()
    {
        Post(1, SendOpcode.RdmaWrite);
        Arrive(0, Length, 7);
        Complete(1, WorkCompletionOpcode.RdmaWrite);
        _right.EndMemory();
        Refuses(() => _right.Model.Happened(AsyncEventType.QueuePairAccessError), "no request of its peer was wrong");
    }

    [Theory] // R-RESP-18, swarm seed 710000002505: no answer to a READ that is asked for again when its key has ended; a WRITE is refused.
    [InlineData(SendOpcode.RdmaRead, true)]
    [InlineData(SendOpcode.RdmaWrite, false)]
    public void ReadMayStayUnansweredWhenItsKeyHasEnded(SendOpcode opcode, bool maySo)
    {
        using var test = new ModelTests(new ModelRules { LosesNothing = true, MayLoseAnswers = true });
        test.Post(1, opcode);
        test._right.EndMemory();
        test._left.Model.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        void End() => test.Complete(1, WorkCompletionOpcode.RdmaRead, WorkCompletionStatus.RetryExceededError);
        if (maySo) End();
        else Refuses(End, "RetryExceededError");
    }

    [Fact] // R-VERB-3
    public void NothingIsWrittenThroughAKeyThatHadEndedBeforeThePost()
    {
        _right.EndMemory();
        Post(1, SendOpcode.RdmaWrite);
        Arrive(0, 1, 7);
        Refuses(_right.Memory.Check, "byte 0");
    }

    public void Dispose() => _fabric.Dispose();

    private static void Refuses(Action wrong, string why) =>
        Assert.Contains(why, Assert.Throws<ModelViolationException>(wrong).Message, StringComparison.Ordinal);

    private static ModelQueuePair Connect(ModelQueuePair left, ModelQueuePair right)
    {
        var options = new ConnectOptions();
        left.QueuePair.ConnectTo(right.QueuePair.LocalEndpoint, options);
        right.QueuePair.ConnectTo(left.QueuePair.LocalEndpoint, options);
        left.Connect(right, options);
        right.Connect(left, options);
        return left;
    }

    private void Post(ulong id, SendOpcode opcode, int length = Length, uint? key = null, ulong add = 0, ModelQueuePair? from = null)
    {
        if (opcode == SendOpcode.RdmaWrite) _left.Memory.Write(0, Pattern(7, length));
        (from ?? _left.Model).PostSend(new SendWorkRequest
        {
            WorkRequestId = id, Opcode = opcode, Flags = SendFlags.Signaled, CompareAdd = add,
            Entries = (ScatterGatherEntry[])[_left.Region.Entry(0, (ulong)length)],
            RemoteAddress = _right.Region.Address, RemoteKey = key ?? _right.Region.RemoteKey,
        });
    }

    private void Complete(
        ulong id, WorkCompletionOpcode opcode, WorkCompletionStatus status = WorkCompletionStatus.Success, uint bytes = 0) =>
        _left.Model.CompleteSend(new WorkCompletion { WorkRequestId = id, Opcode = opcode, Status = status, ByteLength = bytes });

    private void Flush(ulong id)
    {
        _left.Model.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        Complete(id, WorkCompletionOpcode.RdmaWrite, WorkCompletionStatus.WorkRequestFlushedError);
    }

    // The device writes.
    private void Arrive(int offset, int length, ulong seed) => Pattern(seed, length).CopyTo(_right.Bytes, offset);

    private static byte[] Pattern(ulong seed, int length)
    {
        var bytes = new byte[length];
        PatternGenerator.Fill(bytes, seed);
        return bytes;
    }

    private sealed class Side
    {
        private readonly ModelDevice _device;
        private readonly CompletionQueue _queue;

        public Side(RdmaDevice device, ModelRules rules)
        {
            (Region, _queue) = (device.CreateProtectionDomain().RegisterMemory(Bytes, All), device.CreateCompletionQueue(16));
            _device = new ModelDevice(device.Name);
            Memory = _device.Add(Bytes);
            Key = _device.Register(Region, Memory);
            Model = Add(rules);
        }

        public byte[] Bytes { get; } = GC.AllocateArray<byte>(4096, pinned: true);

        public MemoryRegion Region { get; }

        public ModelKey Key { get; }

        public ModelMemory Memory { get; }

        public ModelQueuePair Model { get; }

        public ModelQueuePair Add(ModelRules rules) => new(
            _device,
            Region.ProtectionDomain.CreateQueuePair(
                new QueuePairInitAttributes { SendCompletionQueue = _queue, ReceiveCompletionQueue = _queue }),
            rules);

        public void EndMemory()
        {
            Key.BeginEnd();
            Key.End();
        }
    }
}
