using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// The receives of a shared receive queue. Queue pairs of other shards take from it too, so one that a message begins with is taken out and
/// kept here (R-RESP-38). A target of XRC has no queue until a request names one (R-RESP-42).
/// </summary>
internal sealed class SharedReceives : IReceiveSource
{
    private readonly QueuePairContext _context;
    private readonly XrcDomainContext? _domain;
    private readonly ScatterGatherEntry[] _entries;
    private SharedReceiveQueueContext? _queue;
    private ReceiveWqe _held;
    private bool _isHeld;

    public SharedReceives(QueuePairContext context)
    {
        (_context, _queue, _domain) = (context, context.SharedReceives, context.XrcDomain);
        _entries = new ScatterGatherEntry[_queue?.MaxEntries ?? _domain?.MaxEntries ?? 0];
    }

    public byte Credits => Aeth.UnlimitedCredit;

    public int MaxEntries => _entries.Length;

    public uint ProtectionDomain => _queue?.ProtectionDomain ?? _context.ProtectionDomain;

    public ref readonly ReceiveWqe Held => ref _held;

    public ReadOnlySpan<ScatterGatherEntry> Entries => _entries;

    // A queue that the user has destroyed took its receives with it, those of targets included that hold one.
    public CompletionQueue? CompletionQueue =>
        _domain is null ? _context.ReceiveCq : _queue is { IsClosed: false } queue ? queue.CompletionQueue : null;

    public bool TrySelect(in PacketView request)
    {
        if (_domain is null || !_domain.TryFind(request.XrcEth.SharedReceiveQueue, out var named)) return false;
        // All packets of a message name the same queue: it decides whose memory the message may touch.
        if (!request.Traits.IsFirst && named != _queue) return false;
        _queue = named;
        return true;
    }

    public bool TryTake() => _isHeld || (_isHeld = _queue is { } queue && queue.TryTake(_entries, out _held));

    public bool TryTakeToFlush() => _isHeld;

    public void Release() => _isHeld = false;

    public void Discard() => _isHeld = false;
}
