using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>Makes the work requests of one queue pair again from the request packets it sent, whatever was lost and repeated.</summary>
internal sealed class SentMessages
{
    private readonly SortedDictionary<int, CapturedFrame> _frames = [];
    private readonly Psn _first;
    private readonly int _pathMtu;

    private SentMessages(IReadOnlyList<CapturedFrame> requests, int pathMtu)
    {
        (_first, _pathMtu) = (requests[0].Psn, pathMtu);
        foreach (var frame in requests) _frames.TryAdd(frame.Psn.StepsFrom(_first), frame);
    }

    /// <param name="requests">All request packets of one queue pair, in order; the first has its first PSN.</param>
    /// <param name="pathMtu">In bytes.</param>
    public static IReadOnlyList<SentMessage> Read(IReadOnlyList<CapturedFrame> requests, int pathMtu) =>
        requests.Count == 0 ? [] : [.. new SentMessages(requests, pathMtu).Read()];

    private IEnumerable<SentMessage> Read()
    {
        var last = _frames.Keys.Last();
        for (var step = 0; step <= last;)
        {
            Assert.True(_frames.ContainsKey(step), $"No frame of the capture begins a message at PSN {_first + step}");
            var message = ReadOne(step);
            yield return message;
            step += message.PsnCount;
        }
    }

    private SentMessage ReadOne(int step)
    {
        var first = _frames[step];
        Assert.True(first.Traits.IsFirst, $"Frame {first.Number} is no beginning of a message");
        return first.Traits.Operation switch
        {
            PacketOperation.ReadRequest => Single(first, SendOpcode.RdmaRead, CountPackets(first.View.Reth.DmaLength)),
            PacketOperation.CompareSwap => Single(first, SendOpcode.CompareAndSwap, 1),
            PacketOperation.FetchAdd => Single(first, SendOpcode.FetchAndAdd, 1),
            _ => ReadData(step, first),
        };
    }

    private static SentMessage Single(CapturedFrame frame, SendOpcode opcode, int psnCount) =>
        new(opcode, frame.Psn, psnCount, frame, []);

    private int CountPackets(uint length) => Math.Max(1, (int)((length + (uint)_pathMtu - 1) / (uint)_pathMtu));

    private SentMessage ReadData(int step, CapturedFrame first)
    {
        var data = new List<byte>();
        var last = first;
        for (var next = step; ; next++)
        {
            // A message that was refused before its end: only a WRITE tells its length at the beginning, and nobody saw the rest.
            if (!_frames.TryGetValue(next, out var frame)) return Unfinished(first, data);
            last = frame;
            data.AddRange(frame.View.Payload);
            if (frame.Traits.IsLast) break;
        }

        var view = last.View;
        return new SentMessage(OpcodeOf(last.Traits), first.Psn, last.Psn.StepsFrom(first.Psn) + 1, first, [.. data])
        {
            Solicited = view.Solicited,
            Immediate = last.Traits.Has(HeaderLayout.ImmDt) ? view.ImmDt.Value : 0,
            InvalidateKey = last.Traits.Has(HeaderLayout.Ieth) ? view.Ieth.RemoteKey : 0,
        };
    }

    private SentMessage Unfinished(CapturedFrame first, List<byte> data)
    {
        Assert.Equal(PacketOperation.Write, first.Traits.Operation);
        var length = first.View.Reth.DmaLength;
        data.AddRange(new byte[(int)length - data.Count]);
        return new SentMessage(SendOpcode.RdmaWrite, first.Psn, CountPackets(length), first, [.. data]);
    }

    private static SendOpcode OpcodeOf(OpcodeTraits last)
    {
        var hasImmediate = last.Has(HeaderLayout.ImmDt);
        if (last.Operation == PacketOperation.Write)
            return hasImmediate ? SendOpcode.RdmaWriteWithImmediate : SendOpcode.RdmaWrite;
        if (last.Has(HeaderLayout.Ieth)) return SendOpcode.SendWithInvalidate;
        return hasImmediate ? SendOpcode.SendWithImmediate : SendOpcode.Send;
    }
}
