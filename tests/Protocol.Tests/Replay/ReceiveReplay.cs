using System.Runtime.InteropServices;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// The receives of one host: each is posted just before the first packet that needs it and that Soft-RoCE had one for, and what it holds
/// when it completes is compared with the packets.
/// </summary>
internal sealed class ReceiveReplay
{
    private const int Slots = 4;
    private const int Room = 64 * 1024;
    private const int RouteHeaderLength = 40;

    private readonly ReplayNode _node;
    private readonly ReplayTally _tally;
    private readonly byte[] _bytes = GC.AllocateArray<byte>(Slots * Room, pinned: true);
    private readonly uint _key;
    private readonly HashSet<(EndRecord End, int Message)> _delivered = [];
    private readonly Dictionary<ReplayEnd, int> _open = [];
    private ulong _posted;

    public ReceiveReplay(ReplayNode node, ReplayTally tally)
    {
        (_node, _tally) = (node, tally);
        _key = node.Table.Add(node.Domain, Address(0), (ulong)_bytes.Length, (nint)Address(0), AccessFlags.LocalWrite);
    }

    /// <summary>A request is about to arrive.</summary>
    public void PostFor(ReplayEnd end, CapturedFrame request)
    {
        if ((request.Traits.ReceiveWqe & ReceiveWqeUse.Takes) == 0) return;
        if (end.Record.Type == QueuePairType.ReliableConnection
            && (end.Machine.Query().ReceivePsn != request.Psn.Value || end.Record.RefusedForNow(request))) return;
        Post(end);
    }

    /// <summary>A request has arrived.</summary>
    public void Check(ReplayEnd end, CapturedFrame request)
    {
        var completion = end.Poll(end.ReceiveCq);
        if (completion is not null) _open[end]--;
        if (completion is { IsSuccess: false } failed)
            _tally.Differ(request.Number, $"receive completes in error, which is not told / {failed.Status}");
        else if (completion is { } delivered)
            CheckDelivered(end, request, delivered);
        Assert.True(completion is not null || !request.IsDatagram, $"Datagram {request.Number} was not delivered");
        Assert.Null(end.Poll(end.ReceiveCq));
    }

    /// <summary>Receives of a queue pair that have not completed, the one of a message in progress included.</summary>
    public int CountPosted(ReplayEnd end) => _open.GetValueOrDefault(end);

    /// <summary>The capture ends: everything that Soft-RoCE delivered was delivered.</summary>
    public void Finish(EndRecord end)
    {
        for (var i = 0; i < end.PeerMessages.Count; i++)
        {
            var isDelivered = end.PeerMessages[i].TakesReceive && WasDelivered(end, i);
            Assert.True(!isDelivered || _delivered.Contains((end, i)), $"Message {i} to {end.Key} was not delivered");
        }
    }

    // Soft-RoCE tells what it delivered by acknowledging it; of an unreliable connection the report of the run tells it.
    private bool WasDelivered(EndRecord end, int message)
    {
        if (end.Type == QueuePairType.ReliableConnection) return end.HasAcknowledged(end.PeerMessages[message]);
        return _node.Setup.Delivered?.Contains(message) ?? end.GotWhole(end.PeerMessages[message]);
    }

    private void Post(ReplayEnd end)
    {
        var id = _posted++;
        _open[end] = CountPosted(end) + 1;
        var lengths = _node.Setup.ReceiveLengths;
        var length = (uint)lengths[Math.Min((int)id, lengths.Length - 1)];
        var entry = new ScatterGatherEntry(Address((int)(id % Slots)), length, _key);
        Slot(id).Fill(0xEE);
        if (_node.SharedReceives is { } shared)
        {
            shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = id, Entry = entry });
            return;
        }

        Assert.True(end.Context.ReceiveRing.TryReserve(out var slot));
        end.Context.ReceiveRing.Entries(slot)[0] = entry;
        end.Context.ReceiveRing.Slot(slot) = new ReceiveWqe { WorkRequestId = id, EntryCount = 1, Length = length };
        end.Context.ReceiveRing.Publish(slot);
    }

    private void CheckDelivered(ReplayEnd end, CapturedFrame last, in WorkCompletion completion)
    {
        _tally.Receives++;
        var view = last.View;
        Assert.Equal(last.Traits.Has(HeaderLayout.ImmDt) ? view.ImmDt.Value : 0, completion.Immediate);
        Assert.Equal(last.Traits.Has(HeaderLayout.Ieth) ? view.Ieth.RemoteKey : 0, completion.InvalidatedKey);
        var slot = Slot(completion.WorkRequestId);
        if (last.IsDatagram)
        {
            Assert.Equal(view.Deth.SourceQueuePair, completion.SourceQueuePair);
            Assert.Equal([.. last.RouteHeader(), .. view.Payload], slot[..(int)completion.ByteLength].ToArray());
            Assert.Equal(RouteHeaderLength + view.PayloadLength, (int)completion.ByteLength);
            return;
        }

        var message = end.Record.PeerMessageAt(last.Psn)!;
        Assert.Equal(message.Length, completion.ByteLength);
        if (!message.IsWrite) Assert.Equal(message.Data, slot[..(int)message.Length].ToArray());
        Assert.Equal(-1, slot[(message.IsWrite ? 0 : (int)message.Length)..].IndexOfAnyExcept((byte)0xEE));
        var index = end.Record.PeerMessages.ToList().IndexOf(message);
        Assert.True(_delivered.Add((end.Record, index)));
        if (!WasDelivered(end.Record, index)) _tally.Differ(last.Number, $"message {index} is dropped / delivered");
    }

    private Span<byte> Slot(ulong id) => _bytes.AsSpan((int)(id % Slots) * Room, Room);

    private ulong Address(int slot) => (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, slot * Room);
}
