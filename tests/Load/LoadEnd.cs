using System.Runtime.InteropServices;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests;

/// <summary>
/// One end of a queue pair: it does the steps of its plan one after the other, each checked before the next, and checks what comes in
/// against its peer's plan.
/// </summary>
internal sealed class LoadEnd
{
    private const int IndexShift = 8;
    private const ulong ReceiveMark = 0x80;
    private const ulong ReadBack = 1;

    private readonly LoadMemory _memory;
    private readonly LoadFigures _figures;
    private readonly LoadPlan _plan;
    private readonly LoadPlan _peerPlan;
    private readonly int _index;
    private LoadPeer _peer;
    private LoadStep _step;
    private ulong _counter;
    private int _receives;

    public LoadEnd(QueuePair queuePair, LoadMemory memory, LoadFigures figures, LoadSettings settings, int index, bool isFirst)
    {
        (QueuePair, _memory, _figures, _index) = (queuePair, memory, figures, index);
        _plan = new LoadPlan(settings.Seed, index, isFirst, settings.MaxMessage);
        _peerPlan = new LoadPlan(settings.Seed, index, !isFirst, settings.MaxMessage);
    }

    public QueuePair QueuePair { get; }

    /// <summary>Whether a step is under way.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>A completion with an error has come: the queue pair is in ERR.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Work requests that have not completed, receives included.</summary>
    public int Outstanding => (IsBusy ? 1 : 0) + _receives;

    public LoadPeer Self => new(QueuePair.LocalEndpoint, _memory.Address + (ulong)_memory.Target(_index),
        _memory.Address + (ulong)_memory.Counter(_index), _memory.RemoteKey);

    public static int IndexOf(in WorkCompletion completion) => (int)(completion.WorkRequestId >> IndexShift);

    public void Connect(LoadPeer peer, int maxMessage, ConnectOptions options)
    {
        _peer = peer;
        QueuePair.Initialize(options);
        for (int slot = 0; slot < LoadMemory.Receives; slot++)
            PostReceive(slot, maxMessage);
        QueuePair.ConnectTo(peer.Endpoint, options);
    }

    /// <summary>Begins the next step.</summary>
    public void Start()
    {
        _step = _plan.Next();
        IsBusy = true;
        var source = _memory.At(_memory.Source(_index), _step.Length);
        switch (_step.Operation)
        {
            case LoadOperation.FetchAndAdd:
                PostAtomic(SendOpcode.FetchAndAdd, _step.Pattern, swap: 0);
                break;
            case LoadOperation.CompareAndSwap:
                PostAtomic(SendOpcode.CompareAndSwap, HoldsComparison ? _counter : ~_counter, _step.Pattern);
                break;
            default:
                PatternGenerator.Fill(source, _step.Pattern);
                Post(OpcodeOf(_step.Operation), _memory.Entry(_memory.Source(_index), _step.Length), _peer.Target, 0);
                break;
        }
    }

    /// <summary>Takes a completion of this end.</summary>
    /// <param name="completion">The completion.</param>
    /// <param name="maxMessage">Bytes of a receive.</param>
    public void Handle(in WorkCompletion completion, int maxMessage)
    {
        _figures.Completed++;
        bool isReceive = (completion.WorkRequestId & ReceiveMark) != 0;
        if (isReceive)
            _receives--;
        if (!completion.IsSuccess)
        {
            IsBusy &= isReceive;
            HasFailed = true;
            _figures.Count(completion.Status);
        }
        else if (isReceive)
        {
            Receive(completion, maxMessage);
        }
        else
        {
            Advance(completion);
        }
    }

    private bool HoldsComparison => (_step.Pattern & 1) != 0;

    private static SendOpcode OpcodeOf(LoadOperation operation) => operation switch
    {
        LoadOperation.Send => SendOpcode.Send,
        LoadOperation.SendWithImmediate => SendOpcode.SendWithImmediate,
        LoadOperation.WriteWithImmediate => SendOpcode.RdmaWriteWithImmediate,
        _ => SendOpcode.RdmaWrite,
    };

    private void Advance(in WorkCompletion completion)
    {
        bool isReadBack = (completion.WorkRequestId & ReadBack) != 0;
        if (_step.TakesReceive && !isReadBack)
            _figures.MessagesSent++;
        if (_step.Operation is LoadOperation.Write or LoadOperation.WriteWithImmediate && !isReadBack)
        {
            Post(SendOpcode.RdmaRead, _memory.Entry(_memory.Sink(_index), _step.Length), _peer.Target, ReadBack);
            return;
        }

        if (isReadBack)
            Check(PatternGenerator.FindMismatch(_memory.At(_memory.Sink(_index), _step.Length), _step.Pattern) < 0);
        else if (!_step.TakesReceive)
            CheckAtomic();
        IsBusy = false;
        _figures.Operations++;
        _figures.Bytes += _step.Length;
    }

    private void CheckAtomic()
    {
        ulong old = MemoryMarshal.Read<ulong>(_memory.At(_memory.Sink(_index), sizeof(ulong)));
        Check(old == _counter);
        if (_step.Operation == LoadOperation.FetchAndAdd)
            _counter = unchecked(_counter + _step.Pattern);
        else if (HoldsComparison)
            _counter = _step.Pattern;
    }

    private void Receive(in WorkCompletion completion, int maxMessage)
    {
        var expected = _peerPlan.NextMessage();
        int slot = (int)(completion.WorkRequestId & (ReceiveMark - 1));
        bool hasImmediate = (completion.Flags & WorkCompletionFlags.WithImmediate) != 0;
        bool isRight = completion.ByteLength == expected.Length
            && hasImmediate == (expected.Operation != LoadOperation.Send)
            && (!hasImmediate || completion.Immediate == expected.Immediate)
            && (expected.Operation == LoadOperation.WriteWithImmediate
                || PatternGenerator.FindMismatch(_memory.At(_memory.Receive(_index, slot), expected.Length), expected.Pattern) < 0);
        Check(isRight);
        _figures.MessagesReceived++;
        PostReceive(slot, maxMessage);
    }

    private void Check(bool isRight)
    {
        if (!isRight)
            _figures.Mismatches++;
    }

    private void PostAtomic(SendOpcode opcode, ulong compareAdd, ulong swap)
    {
        _figures.Posted++;
        QueuePair.PostSend(new SendWorkRequest
        {
            WorkRequestId = (ulong)_index << IndexShift, Opcode = opcode, Flags = SendFlags.Signaled,
            Entry = _memory.Entry(_memory.Sink(_index), sizeof(ulong)), RemoteAddress = _peer.Counter, RemoteKey = _peer.RemoteKey,
            CompareAdd = compareAdd, Swap = swap,
        });
    }

    private void Post(SendOpcode opcode, ScatterGatherEntry entry, ulong remote, ulong mark)
    {
        _figures.Posted++;
        QueuePair.PostSend(new SendWorkRequest
        {
            WorkRequestId = (ulong)_index << IndexShift | mark, Opcode = opcode, Flags = SendFlags.Signaled,
            Entry = entry, RemoteAddress = remote, RemoteKey = _peer.RemoteKey, Immediate = _step.Immediate,
        });
    }

    private void PostReceive(int slot, int maxMessage)
    {
        _figures.Posted++;
        _receives++;
        QueuePair.PostReceive(new ReceiveWorkRequest
        {
            WorkRequestId = (ulong)_index << IndexShift | ReceiveMark | (uint)slot,
            Entry = _memory.Entry(_memory.Receive(_index, slot), maxMessage),
        });
    }
}
