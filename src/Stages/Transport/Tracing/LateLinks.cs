using System.Diagnostics;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// Brings together what side channels say and the responder's spans, whichever comes first: a span that is done waits for its sender's for
/// a second at least and two at most, a context for its message. Any thread.
/// </summary>
internal sealed class LateLinks(TimeProvider time, Action<MessageTrace> finish)
{
    private const int MaxWaiting = 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<MessageKey, ActivityContext> _contexts = [];
    private readonly Queue<MessageKey> _order = new();
    private Dictionary<MessageKey, MessageTrace> _spans = [];
    private Dictionary<MessageKey, MessageTrace> _older = []; // those that have waited since before the timer's last turn
    private ITimer? _timer;

    /// <summary>A span is done. It is kept until its sender's context comes, unless that is here.</summary>
    /// <returns>False when it need not wait any longer.</returns>
    public bool TryKeep(MessageKey key, MessageTrace message)
    {
        lock (_lock)
        {
            if (_contexts.Remove(key, out var sender))
            {
                message.Link(sender);
                return false;
            }
            if (_spans.Count + _older.Count >= MaxWaiting || _older.ContainsKey(key) || !_spans.TryAdd(key, message))
                return false;
            _timer ??= time.CreateTimer(static self => ((LateLinks)self!).Turn(), this, s_patience, s_patience);
            return true;
        }
    }

    /// <summary>A side channel says which span the sender of a message has.</summary>
    public void Tell(in TraceRecord record)
    {
        MessageTrace? message;
        lock (_lock)
        {
            if (!_spans.Remove(record.Message, out message) && !_older.Remove(record.Message, out message))
            {
                Remember(record);
                return;
            }
        }
        message.Link(record.Context);
        finish(message);
    }

    /// <summary>Lets every span go that waits.</summary>
    public void LetGo()
    {
        Turn();
        Turn();
    }

    // Lets those go that have waited for a whole turn.
    private void Turn()
    {
        MessageTrace[] waited;
        lock (_lock)
        {
            waited = [.. _older.Values];
            _older.Clear();
            (_older, _spans) = (_spans, _older);
            if (_older.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
        foreach (var message in waited)
            finish(message);
    }

    private void Remember(in TraceRecord record)
    {
        if (_order.Count == MaxWaiting)
            _contexts.Remove(_order.Dequeue());
        _order.Enqueue(record.Message);
        _contexts[record.Message] = record.Context;
    }
}
