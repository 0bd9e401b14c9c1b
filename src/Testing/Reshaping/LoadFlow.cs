using System.Buffers.Binary;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>
/// One direction of a queue pair: messages that carry their number at both ends, so many on their way at a time. The receiver is asked
/// before the next is sent, so also a service that repeats nothing outruns nobody.
/// </summary>
internal sealed class LoadFlow : IDisposable
{
    private const int Receives = 64;
    private const uint QueueKey = 0x1234;

    private readonly QueuePair _from;
    private readonly QueuePair _to;
    private readonly MemoryRegion _source;
    private readonly MemoryRegion _sink;
    private readonly AddressHandle? _way;
    private readonly int _window;
    private readonly int _size;
    private readonly int _slot;
    private readonly int _offset;
    private long _posted;
    private long _sent;
    private long _next;
    private LoadFigures _figures;

    /// <summary>Makes a flow between queue pairs that are ready.</summary>
    public LoadFlow(QueuePair from, QueuePair to, ProtectionDomain fromDomain, ProtectionDomain toDomain, int size, int window)
    {
        (_from, _to, _size, _window, Allowed) = (from, to, size, window, window);
        _offset = from.Type == QueuePairType.UnreliableDatagram ? GlobalRouteHeader.Length : 0;
        _slot = size + _offset;
        _source = fromDomain.AllocateMemory(size * window);
        _sink = toDomain.AllocateMemory(_slot * Receives);
        if (_offset != 0)
        {
            var gid = to.Device.QueryGid(1, to.Device.SelectGid());
            _way = fromDomain.CreateAddressHandle(new AddressVector
            {
                DestinationGid = gid, SourceGidIndex = from.Device.SelectGid(1, gid), DestinationLid = to.Device.QueryPort().Lid,
            });
        }
        for (int slot = 0; slot < Receives; slot++)
            PostReceive(slot);
    }

    /// <summary>What has become of the messages.</summary>
    public LoadFigures Figures => _figures with { Sent = _posted };

    /// <summary>How many messages may be on their way at a time, 1 to the window it was made with.</summary>
    public int Allowed { get; set; }

    /// <summary>Everything posted has completed.</summary>
    public bool IsSent => _sent == _posted;

    /// <summary>Nothing is on its way any more.</summary>
    public bool IsSettled => IsSent && _figures.Delivered + _figures.Lost + _figures.Failed == _posted;

    /// <summary>Posts what the window allows.</summary>
    public bool Post()
    {
        bool any = false;
        while (_posted - _sent < Allowed && _posted - _figures.Delivered - _figures.Lost - _figures.Failed < Allowed)
        {
            int slot = (int)(_posted % _window);
            Number(_source.AsSpan((ulong)(slot * _size), _size), _posted);
            _from.PostSend(new SendWorkRequest
            {
                WorkRequestId = (ulong)_posted, Opcode = SendOpcode.Send, Flags = SendFlags.Signaled,
                Entry = _source.Entry((ulong)(slot * _size), (ulong)_size),
                Address = _way, RemoteQueuePair = _to.Number, RemoteQueueKey = QueueKey,
            });
            _posted++;
            any = true;
        }
        return any;
    }

    /// <summary>Takes the completion of a send.</summary>
    public void TakeSent(in WorkCompletion completion)
    {
        _sent++;
        if (!completion.IsSuccess)
            _figures = _figures with { Failed = _figures.Failed + 1 };
    }

    /// <summary>Takes the completion of a receive.</summary>
    public void TakeReceived(in WorkCompletion completion)
    {
        if (!completion.IsSuccess)
        {
            _figures = _figures with { Failed = _figures.Failed + 1 };
            return;
        }
        int slot = (int)completion.WorkRequestId;
        var message = _sink.AsSpan((ulong)((slot * _slot) + _offset), _size);
        long number = BinaryPrimitives.ReadInt64LittleEndian(message);
        bool isWhole = completion.ByteLength == (uint)_slot && number == BinaryPrimitives.ReadInt64LittleEndian(message[^8..]);
        _figures = _figures with
        {
            Delivered = _figures.Delivered + 1,
            Reordered = _figures.Reordered + (number < _next ? 1 : 0),
            Damaged = _figures.Damaged + (isWhole ? 0 : 1),
        };
        _next = Math.Max(_next, number + 1);
        PostReceive(slot);
    }

    /// <summary>Nothing more will come: what has not is lost.</summary>
    public void GiveUp() => _figures = _figures with { Lost = _posted - _figures.Delivered - _figures.Failed };

    public void Dispose()
    {
        _way?.Dispose();
        _source.Dispose();
        _sink.Dispose();
    }

    private static void Number(Span<byte> message, long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(message, number);
        BinaryPrimitives.WriteInt64LittleEndian(message[^8..], number);
    }

    private void PostReceive(int slot) => _to.PostReceive(new ReceiveWorkRequest
    {
        WorkRequestId = (ulong)slot, Entry = _sink.Entry((ulong)(slot * _slot), (ulong)_slot),
    });
}
