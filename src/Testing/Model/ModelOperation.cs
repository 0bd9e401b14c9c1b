using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>One posted send work request: what it uses, what it may do, and what is known of it.</summary>
public sealed class ModelOperation
{
    private readonly List<ModelAccess> _local = [];
    private readonly List<ModelEffect> _sinks = [];
    private ModelAccess? _remote;
    private ModelEffect? _target;
    private ModelWord? _word;
    private ModelKey? _key;
    private ModelKey? _replaced;

    /// <param name="queuePair">Where it was posted.</param>
    /// <param name="index">How many were posted there before.</param>
    /// <param name="request">What was posted.</param>
    internal ModelOperation(ModelQueuePair queuePair, int index, in SendWorkRequest request)
    {
        (QueuePair, Index, Request) = (queuePair, index, request);
        Length = request.Opcode == SendOpcode.Flush ? request.FlushLength
            : !request.InlineData.IsEmpty ? (uint)request.InlineData.Length
            : (uint)request.Entries.ToArray().Sum(entry => entry.Length);
        var pieces = Resolve(request.Entries.Span, SinkRights);
        Payload = !CarriesData ? []
            : !request.InlineData.IsEmpty ? request.InlineData.ToArray()
            : [.. pieces.SelectMany(piece => piece.Memory.Actual(piece.Offset, piece.Length).ToArray())];
        ResolveRemote(pieces);
        ChangeKeys();
    }

    /// <summary>Where it was posted.</summary>
    internal ModelQueuePair QueuePair { get; }

    /// <summary>How many were posted there before.</summary>
    internal int Index { get; }

    /// <summary>What was posted.</summary>
    internal SendWorkRequest Request { get; }

    /// <summary>Bytes of its message.</summary>
    internal uint Length { get; }

    /// <summary>What it carries to the peer.</summary>
    internal byte[] Payload { get; }

    /// <summary>The peer has executed it for certain.</summary>
    internal bool IsExecuted { get; private set; }

    /// <summary>It has completed with success, told or not.</summary>
    internal bool HasSucceeded { get; private set; }

    /// <summary>How many messages that take a receive were posted there before it; valid only when it takes one.</summary>
    internal int MessageIndex { get; init; }

    /// <summary>How often the peer's owner was told of it.</summary>
    internal int Deliveries { get; set; }

    internal bool IsSend => Request.Opcode is SendOpcode.Send or SendOpcode.SendWithImmediate or SendOpcode.SendWithInvalidate;

    internal bool IsWrite => Request.Opcode is SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate or SendOpcode.AtomicWrite;

    internal bool IsAtomic => Request.Opcode is SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd;

    /// <summary>It takes a receive of the peer (R-RESP-22, R-RESP-23).</summary>
    internal bool TakesReceive => IsSend || Request.Opcode == SendOpcode.RdmaWriteWithImmediate;

    internal bool HasImmediate => Request.Opcode is SendOpcode.SendWithImmediate or SendOpcode.RdmaWriteWithImmediate;

    /// <summary>It completes with an answer that is more than an acknowledgement (requester.md 6).</summary>
    internal bool AwaitsData => IsAtomic || Request.Opcode is SendOpcode.RdmaRead or SendOpcode.AtomicWrite or SendOpcode.Flush;

    internal bool IsSignaled => QueuePair.QueuePair.SignalAll || (Request.Flags & SendFlags.Signaled) != 0;

    /// <summary>Executed by the requester alone.</summary>
    internal bool IsLocal => Request.Opcode is SendOpcode.BindMemoryWindow or SendOpcode.RegisterMemoryRegion or SendOpcode.LocalInvalidate;

    /// <summary>Nothing of this side need be in its way.</summary>
    internal bool MayPassLocally => _local.TrueForAll(access => access.MayPass);

    internal bool MayFailLocally => _local.Exists(access => access.MayFail);

    /// <summary>The peer may find its key right.</summary>
    internal bool MayPassRemotely => _remote is null || _remote.MayPass;

    internal bool MayFailRemotely => _remote is not null && _remote.MayFail;

    /// <summary>A bind of a window to memory that does not allow it.</summary>
    internal bool MayNotBind { get; private set; }

    /// <summary>A key that the peer is to end, and that it may not have.</summary>
    internal bool MayNotInvalidate { get; private set; }

    private bool CarriesData => IsSend || IsWrite;

    private AccessFlags SinkRights => CarriesData ? AccessFlags.None : AccessFlags.LocalWrite;

    private AccessFlags RemoteRights => Request.Opcode switch
    {
        SendOpcode.RdmaRead => AccessFlags.RemoteRead,
        SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd => AccessFlags.RemoteAtomic,
        SendOpcode.Flush => ((Request.FlushPlacement & FlushPlacement.GlobalVisibility) != 0 ? AccessFlags.FlushGlobal : 0)
            | ((Request.FlushPlacement & FlushPlacement.Persistence) != 0 ? AccessFlags.FlushPersistent : 0),
        _ => AccessFlags.RemoteWrite,
    };

    /// <summary>The peer's queue pair needs these rights (responder.md 4, check 3).</summary>
    internal AccessFlags NeededOfQueuePair => IsSend || IsLocal ? AccessFlags.None : RemoteRights;

    /// <summary>The peer has executed it: what it does to memory there is done (R-RESP-28, R-CQ-23).</summary>
    internal void Execute()
    {
        if (IsExecuted) return;
        IsExecuted = true;
        _target?.Settle(Payload, this);
        _target = null;
    }

    /// <summary>It has completed with success: what it brings is here (R-CQ-23).</summary>
    internal void Succeed()
    {
        HasSucceeded = true;
        foreach (var sink in _sinks)
        {
            if (_word is not null) _word.Complete(this, BitConverter.ToUInt64(sink.Read()));
            sink.Adopt();
        }

        _key?.EndChange(Request.Opcode != SendOpcode.LocalInvalidate);
        _replaced?.EndChange(false);
        // R-RESP-18: whatever of it still comes to the peer is a duplicate, in which no fault is found. R-REQ-54: UC has only sent it.
        if (QueuePair.IsReliable) _remote?.End();
        End();
    }

    /// <summary>
    /// It has completed with an error: what it would have brought may have come in part, and no more of it comes. The peer may yet execute
    /// it, or refuse it: packets on the wire outlive the work request, even the queue pair, that they were built of.
    /// </summary>
    internal void Fail(bool isRefused)
    {
        foreach (var sink in _sinks) sink.Adopt();
        if (isRefused) _word?.Abandon(this);
        End();
    }

    /// <summary>Memory that it names is gone.</summary>
    internal void Cut(ModelAccess access)
    {
        if (access == _remote) CutTarget();
    }

    /// <summary>Nothing of it arrives any more.</summary>
    internal void CutTarget()
    {
        _target?.Adopt(this);
        _target = null;
    }

    /// <summary>Its message has a place: the receive that it will take.</summary>
    internal void Aim(IReadOnlyList<ModelPiece> pieces)
    {
        var room = pieces.Sum(piece => piece.Length);
        _target = new ModelPlacement(pieces, Payload.Length > room ? Payload[..room] : Payload);
        _target.Begin();
    }

    /// <summary>The peer's key that it ends is ended.</summary>
    internal void EndInvalidation() => QueuePair.Peer!.Device.Find(Request.InvalidateKey)?.EndChange(false);

    /// <summary>For reports.</summary>
    public override string ToString() => $"send {Request.WorkRequestId} ({Request.Opcode} of {Length} bytes)";

    private void End()
    {
        foreach (var access in _local) access.End();
        _sinks.Clear();
    }

    private List<ModelPiece> Resolve(ReadOnlySpan<ScatterGatherEntry> entries, AccessFlags rights)
    {
        var pieces = new List<ModelPiece>();
        foreach (ref readonly var entry in entries)
        {
            if (entry.Length == 0) continue;
            var key = QueuePair.Device.Find(entry.LocalKey);
            var fits = key is not null
                && key.Allows(QueuePair, QueuePair.QueuePair.ProtectionDomain, entry.Address, entry.Length, rights);
            _local.Add(new ModelAccess(key, this, QueuePair, fits));
            if (fits) pieces.Add(key!.Piece(entry.Address, entry.Length));
        }

        return pieces;
    }

    private void ResolveRemote(List<ModelPiece> local)
    {
        if (IsSend || IsLocal || Length == 0 && !IsAtomic && Request.Opcode != SendOpcode.Flush) return;
        var peer = QueuePair.Peer!;
        var key = peer.Device.Find(Request.RemoteKey);
        // R-RESP-11: a FLUSH of a whole region has no range.
        var isWhole = Request is { Opcode: SendOpcode.Flush, FlushSelectivity: FlushSelectivity.MemoryRegion };
        var fits = key is not null && (isWhole
            ? (RemoteRights & ~key.Access) == 0
            : key.Allows(peer, peer.DomainFor(Request), Request.RemoteAddress, Length, RemoteRights));
        _remote = new ModelAccess(key, this, QueuePair, fits);
        if (_remote.MayPass && Request.Opcode != SendOpcode.Flush) BeginTransfer(local, key!.Piece(Request.RemoteAddress, Length));
    }

    private void BeginTransfer(List<ModelPiece> local, ModelPiece remote)
    {
        if (IsWrite)
        {
            _target = new ModelPlacement([remote], Payload);
            _target.Begin();
        }
        else if (IsAtomic)
        {
            (_word = remote.Memory.Word(remote.Offset)).Begin(this);
            _sinks.Add(new ModelAnything(local));
            _sinks[0].Begin();
        }
        else
        {
            var read = new ModelRead(local, remote.Memory, remote.Offset, this);
            read.Open();
            _sinks.Add(read);
        }
    }

    private void ChangeKeys()
    {
        switch (Request.Opcode)
        {
            case SendOpcode.BindMemoryWindow:
                var binding = (MemoryWindowBinding)Request.MemoryOperation!;
                MayNotBind = (binding.Region!.Access & AccessFlags.MemoryWindowBind) == 0;
                if (MayNotBind) break;
                (_key, _replaced) = QueuePair.Device.Add(binding, QueuePair);
                _key.NotYet().BeginChange(QueuePair, toValid: true);
                _replaced?.BeginChange(QueuePair, toValid: false);
                break;
            case SendOpcode.RegisterMemoryRegion:
                _key = QueuePair.Device.Add((FastRegistration)Request.MemoryOperation!);
                _key.NotYet().BeginChange(QueuePair, toValid: true);
                break;
            case SendOpcode.LocalInvalidate:
                _key = QueuePair.Device.Find(Request.InvalidateKey);
                _key?.BeginChange(QueuePair, toValid: false);
                break;
            case SendOpcode.SendWithInvalidate:
                var ended = QueuePair.Peer!.Device.Find(Request.InvalidateKey);
                MayNotInvalidate = ended is null;
                ended?.BeginChange(QueuePair, toValid: false);
                break;
        }
    }
}
