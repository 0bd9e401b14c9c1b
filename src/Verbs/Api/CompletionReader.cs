using System.Diagnostics.CodeAnalysis;

namespace RdmaPipeline.Verbs;

/// <summary>
/// Takes completions one after the other, oldest first, and shows their fields (start_poll, next_poll, end_poll). Allocates nothing, holds
/// nothing: a completion is the reader's from <see cref="MoveNext"/> on, and several threads may each have a reader. Use it with
/// <c>while (reader.MoveNext())</c> or <c>foreach (ref readonly var completion in queue.Read())</c>.
/// </summary>
public ref struct CompletionReader
{
    private readonly CompletionQueue _queue;
    private WorkCompletion _current;
    private long _timestamp;
    private int _left;
    private bool _hasTaken;

    internal CompletionReader(CompletionQueue queue, int limit)
    {
        _queue = queue;
        _left = limit;
    }

    /// <summary>The completion taken last; <see cref="MoveNext"/> must have returned true.</summary>
    [UnscopedRef]
    public readonly ref readonly WorkCompletion Current => ref _current;

    /// <summary>When it was made: nanoseconds on the clock of <see cref="RdmaDevice.ReadClock"/>.</summary>
    /// <exception cref="RdmaException">EINVAL: the queue was made without <see cref="CompletionQueueOptions.Timestamps"/>.</exception>
    public readonly long Timestamp => _queue.HasTimestamps
        ? _timestamp
        : throw RdmaException.Invalid("the completion queue keeps no timestamps: make it with Timestamps set");

    /// <summary>Takes the next completion; never waits.</summary>
    /// <returns>False when there is none, or the limit is reached.</returns>
    /// <exception cref="ObjectDisposedException">The queue was disposed of.</exception>
    /// <exception cref="RdmaException">EOVERFLOW: the queue was overrun and all that it held has been taken.</exception>
    public bool MoveNext()
    {
        if (_left == 0 || !_queue.TryTake(out _current, out _timestamp, _hasTaken))
            return false;
        _left--;
        _hasTaken = true;
        return true;
    }

    /// <summary>For <c>foreach</c>.</summary>
    /// <returns>This reader.</returns>
    public readonly CompletionReader GetEnumerator() => this;
}
