using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>
/// Posted receives: those of one queue pair, or a shared queue. Where exactly one message can take a receive, its bytes are known when it
/// is posted; else any message that is on its way may come.
/// </summary>
public sealed class ModelReceiveQueue
{
    private readonly ModelDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly List<ModelReceive> _posted = [];
    private readonly Dictionary<ulong, ModelReceive> _open = [];
    private readonly ModelQueuePair? _owner;

    /// <summary>A shared receive queue.</summary>
    /// <param name="device">Its device.</param>
    /// <param name="queue">The queue.</param>
    public ModelReceiveQueue(ModelDevice device, SharedReceiveQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        (_device, _domain, Shared) = (device, queue.ProtectionDomain, queue);
    }

    internal ModelReceiveQueue(ModelDevice device, ModelQueuePair owner) =>
        (_device, _domain, _owner) = (device, owner.QueuePair.ProtectionDomain, owner);

    /// <summary>Receives that were posted.</summary>
    public int Posted => _posted.Count;

    /// <summary>Receives that have not completed.</summary>
    public int Open => _open.Count;

    internal SharedReceiveQueue? Shared { get; }

    internal bool IsShared => Shared is not null;

    /// <summary>Some receive may name memory that it must not.</summary>
    internal bool MayFail => _posted.Exists(receive => receive.MayFail);

    /// <summary>The shortest receive.</summary>
    internal uint LeastCapacity => _posted.Count == 0 ? uint.MaxValue : _posted.Min(receive => receive.Capacity);

    internal ProtectionDomain Domain => _domain;

    internal List<ModelQueuePair> Users { get; } = [];

    internal IEnumerable<ModelOperation> Candidates => Users.SelectMany(user => user.Awaited).Where(message => message.IsSend);

    private bool IsOrdered => _owner is { IsReliable: true };

    /// <summary>A receive was posted.</summary>
    /// <param name="request">What was posted; its number is that of no other open one.</param>
    public void Post(in ReceiveWorkRequest request)
    {
        var receive = new ModelReceive(_posted.Count, request, _device, _owner, _domain);
        _posted.Add(receive);
        _open.Add(request.WorkRequestId, receive);
        if (IsOrdered)
        {
            if (_owner!.Awaits(receive.Index) is { } message) Aim(message, receive);
            return;
        }

        var header = Users.Exists(user => user.IsDatagram) ? GlobalRouteHeader.Length : 0;
        receive.Arrival = new ModelArrival(receive.Pieces, this, header);
        receive.Arrival.Begin();
    }

    /// <summary>The receive that a message of an ordered queue takes; null when it is not posted yet.</summary>
    internal ModelReceive? At(int index) => index < _posted.Count ? _posted[index] : null;

    /// <summary>A message was posted that takes the receive of this index.</summary>
    internal void Expect(int index, ModelOperation message)
    {
        if (IsOrdered && At(index) is { } receive) Aim(message, receive);
    }

    /// <summary>A receive has completed: it is the owner's again.</summary>
    internal ModelReceive Take(in WorkCompletion completion)
    {
        if (!_open.Remove(completion.WorkRequestId, out var receive))
        {
            throw new ModelViolationException(
                $"receive {completion.WorkRequestId} completed with {completion.Status}, but it is not posted");
        }

        receive.End();
        return receive;
    }

    // R-RESP-23: the receive of a WRITE is not touched.
    private static void Aim(ModelOperation message, ModelReceive receive)
    {
        if (message.IsSend) message.Aim(receive.Pieces);
    }
}
