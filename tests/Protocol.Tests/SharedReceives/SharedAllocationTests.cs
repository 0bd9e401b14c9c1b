using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SharedReceives;

/// <summary>The data path of shared receive queues and of XRC allocates nothing.</summary>
public sealed class SharedAllocationTests
{
    private const int Warm = 200, Rounds = 1000;

    private readonly byte[] _header = new byte[PacketWriter.MaxHeaderLength];
    private readonly PayloadReference[] _segments = new PayloadReference[4];
    private readonly WorkCompletion[] _completions = new WorkCompletion[4];
    private readonly HandDevice _device = new();

    [Fact] // Posting, selecting, taking, completing, and being told of the limit's absence; RNR in between.
    public void NoPacketOfATargetAllocates()
    {
        var domain = _device.Device.OpenXrcDomain();
        var queue = _device.CreateXrc(domain);
        var target = _device.CreateTarget(domain);
        var receive = new ReceiveWorkRequest { Entry = _device.Memory.Entry(0, 512) };
        var send = new Request(Opcode.XrcSendOnly, 0) { Payload = new byte[8], SharedReceiveQueue = queue.Number }.ToBytes();
        var first = new Request(Opcode.XrcSendFirst, 0) { Payload = new byte[256], SharedReceiveQueue = queue.Number }.ToBytes();
        var last = new Request(Opcode.XrcSendLast, 0) { Payload = new byte[8], SharedReceiveQueue = queue.Number }.ToBytes();
        var psn = HandQueuePair.FirstPsn;
        Measure(() =>
        {
            Receive(target, send, psn, DropReason.SrqEmpty);
            Drain(target);
            queue.PostReceive(receive);
            Receive(target, send, psn++, DropReason.None);
            queue.PostReceive(receive);
            Receive(target, first, psn++, DropReason.None);
            Receive(target, last, psn++, DropReason.None);
            Drain(target);
            Assert.True(_device.Cq.Poll(_completions) == 2);
        });
    }

    [Fact]
    public void NoPacketOfAnInitiatorAllocates()
    {
        var initiator = _device.CreateInitiator();
        var acknowledgement = SendQueue.SendSide.Response(Opcode.XrcAcknowledge, 0, [], Aeth.Ack(Aeth.UnlimitedCredit, 0));
        var request = new SendWorkRequest { Opcode = SendOpcode.Send, Entry = _device.Memory.Entry(0, 300), RemoteSharedReceiveQueue = 9 };
        var psn = HandQueuePair.FirstPsn;
        Measure(() =>
        {
            initiator.Post(request);
            for (var packet = 0; packet < 2; packet++)
            {
                var writer = new PacketWriter(_header, _segments);
                Assert.True(initiator.Machine.PollRequest(ref writer, initiator.Now));
                psn++;
            }

            SetPsn(acknowledgement, psn - 1);
            PacketView.TryParse(acknowledgement, out var view);
            initiator.Machine.ReceiveResponse(view, initiator.Now, out _);
            Assert.True(_device.Cq.Poll(_completions) == 1);
        });
    }

    private static void Measure(Action round)
    {
        for (var i = 0; i < Warm; i++) round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++) round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Receive(HandQueuePair pair, byte[] packet, uint psn, DropReason expected)
    {
        SetPsn(packet, psn);
        PacketView.TryParse(packet, out var view);
        pair.Machine.ReceiveRequest(view, default, pair.Now, out var drop);
        Assert.True(drop == expected);
    }

    private static void SetPsn(byte[] packet, uint psn) =>
        (packet[9], packet[10], packet[11]) = ((byte)(psn >> 16), (byte)(psn >> 8), (byte)psn);

    private void Drain(HandQueuePair pair)
    {
        var writer = new PacketWriter(_header, _segments);
        while (pair.Machine.PollResponse(ref writer, pair.Now)) writer = new PacketWriter(_header, _segments);
    }
}
