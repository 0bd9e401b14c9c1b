using System.Buffers;
using System.IO.Pipelines;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// Reads a stream where its data were received: a sequence of the registered buffers themselves, given back as they are consumed. Whoever
/// examines all and consumes little would keep the peer from sending at half of the buffers: then they are copied.
/// </summary>
internal sealed class RdmaPipeReader : PipeReader
{
    private readonly RdmaStream _stream;
    private readonly ReadOperation _read;
    private ReceivedSegment? _head;
    private ReceivedSegment? _tail;
    private ReceivedSegment? _free;
    private int _slots;
    private long _consumed;
    private long _examined;
    private long _received;
    private int _cancelled;
    private bool _isEnded;
    private bool _isCompleted;

    public RdmaPipeReader(RdmaStream stream) => (_stream, _read) = (stream, new ReadOperation(this, stream.Readable));

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        ThrowIfCompleted();
        bool isCancelled = TakeCancellation();
        if (!_isEnded)
            _isEnded = _stream.Borrow(this, waits: false) == BorrowOutcome.End;
        bool any = isCancelled || _isEnded || _examined < _received;
        result = any ? Result(isCancelled) : default;
        return any;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        var read = _read.TryClaim() ? _read : new ReadOperation(this, _stream.Readable);
        return read.ReadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        ThrowIfCompleted();
        if (_head is null)
            return;
        long to = IndexOf(consumed), seen = IndexOf(examined);
        if (to < _consumed || seen < to || seen > _received)
        {
            throw new ArgumentOutOfRangeException(
                nameof(consumed), $"consumed is byte {to} and examined {seen}; there are {_consumed} to {_received}, in this order");
        }

        (_consumed, _examined) = (to, seen);
        while (_head is { } first && first.End <= to)
            LetGo(first);
    }

    /// <inheritdoc/>
    public override void CancelPendingRead()
    {
        Volatile.Write(ref _cancelled, 1);
        _stream.WakeReader();
    }

    /// <summary>Gives up reading; the stream stays open.</summary>
    /// <param name="exception">Makes no difference.</param>
    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted)
            return;
        _isCompleted = true;
        while (_head is { } first)
            LetGo(first);
    }

    /// <summary>Under the stream's lock: a buffer with data.</summary>
    internal void Add(int slot, ReadOnlyMemory<byte> data)
    {
        var segment = _free ?? new ReceivedSegment();
        _free = segment.Following;
        segment.Set(slot, data, _received);
        if (_tail is null)
            _head = segment;
        else
            _tail.Following = segment;
        _tail = segment;
        _received += data.Length;
        _slots++;
    }

    // False: the reader waits.
    private bool TryReadOrWait(out ReadResult result)
    {
        if (TryRead(out result))
            return true;
        MakeRoom();
        if (_stream.Borrow(this, waits: true) is not BorrowOutcome.Nothing and var outcome)
        {
            _isEnded = outcome == BorrowOutcome.End;
            result = Result(TakeCancellation());
            return true;
        }

        if (Volatile.Read(ref _cancelled) != 0)
            _stream.WakeReader();
        return false;
    }

    private ReadResult Result(bool isCancelled) => new(Unread(), isCancelled, _isEnded);

    private ReadOnlySequence<byte> Unread() => _head is null
        ? ReadOnlySequence<byte>.Empty
        : new ReadOnlySequence<byte>(_head, (int)(_consumed - _head.RunningIndex), _tail!, _tail!.Memory.Length);

    // With fewer than half of the buffers kept the peer has credits, or is given some (StreamCredits).
    private void MakeRoom()
    {
        if (_slots < _stream.ReceiveBuffers / 2)
            return;
        for (var segment = _head; segment is not null; segment = segment.Following)
        {
            if (segment.Slot is not { } slot)
                continue;
            segment.Copy();
            GiveBack(slot);
        }
    }

    private void LetGo(ReceivedSegment first)
    {
        _head = first.Following;
        if (_head is null)
            _tail = null;
        if (first.Slot is { } slot)
            GiveBack(slot);
        first.Clear();
        (first.Following, _free) = (_free, first);
    }

    private void GiveBack(int slot)
    {
        _slots--;
        _stream.TakeBack(slot);
    }

    private static long IndexOf(SequencePosition position) => position.GetObject() is ReceivedSegment segment
        ? segment.RunningIndex + position.GetInteger()
        : throw new ArgumentException("the position is not one of the last read", nameof(position));

    private bool TakeCancellation() => Interlocked.Exchange(ref _cancelled, 0) != 0;

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
            throw new InvalidOperationException("reading was completed");
    }

    private sealed class ReadOperation(RdmaPipeReader reader, StreamSignal signal) : StreamOperation<ReadResult>(signal)
    {
        public ValueTask<ReadResult> ReadAsync(CancellationToken cancellation) => StartAsync(cancellation);

        protected override void Enter() => reader._stream.BeginRead();

        protected override void Leave() => reader._stream.EndRead();

        protected override bool TryEnd(out ReadResult result) => reader.TryReadOrWait(out result);
    }
}
