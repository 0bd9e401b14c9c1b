using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Tests.Wire;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SharedReceives;

/// <summary>
/// Whole XRC messages byte for byte, both directions. The expected bytes are written by hand from wire.md; only addresses, lengths and the
/// repeated outer headers are filled in by the test, and the ICRC bit by bit (R-WIRE-13, 16, 17, 21, 22).
/// </summary>
public sealed class XrcVectorTests
{
    private const string Remote = "0000500000000010 aabbccdd"; // virtual address, R_Key

    private readonly HandDevice _device = new();

    public XrcVectorTests()
    {
        for (var i = 0; i < HandDevice.MemoryLength; i++) _device.Memory.AsSpan((ulong)i, 1)[0] = HandMadeFrame.Pattern(i);
    }

    [Fact]
    public void RequestsAreTheseBytes()
    {
        var initiator = _device.CreateInitiator();
        Acknowledge(initiator, HandQueuePair.FirstPsn - 1);
        foreach (var request in Requests()) initiator.Post(request);
        // What waits for data is answered at once, so that nothing has to wait for it.
        var frames = initiator.PollAll().Select(packet => Encode(packet.Header, packet.Payload, packet.PadCount, 1, 2)).ToList();
        string[] expected =
        [
            // SEND with invalidate, 600 bytes to queue 0x777: FIRST, MIDDLE, LAST with IETH.
            "a0 00 ffff 00 345678 00 000100  00 000777  P0,256",
            "a1 00 ffff 00 345678 00 000101  00 000777  P256,256",
            "b6 00 ffff 00 345678 80 000102  00 000777  11223344  P512,88",
            // WRITE with immediate, 257 bytes, solicited, to queue 0x778: RETH in FIRST, ImmDt in LAST, one byte and three of pad.
            $"a6 00 ffff 00 345678 00 000103  00 000778  {Remote} 00000101  P0,256",
            "a9 b0 ffff 00 345678 80 000104  00 000778  01020304  P256,1 000000",
            // READ of 600 bytes: three PSNs.
            $"ac 00 ffff 00 345678 80 000105  00 000777  {Remote} 00000258",
            // COMPARE SWAP: swap, then compare; FETCH ADD: addend, then zero.
            $"b3 00 ffff 00 345678 80 000108  00 000777  {Remote} 1111111122222222 3333333344444444",
            $"b4 00 ffff 00 345678 80 000109  00 ffffff  {Remote} 5555555566666666 0000000000000000",
            // SEND with immediate and WRITE in one packet, WRITE in three.
            "a5 00 ffff 00 345678 80 00010a  00 000777  01020304",
            $"aa 30 ffff 00 345678 80 00010b  00 000777  {Remote} 00000005  P0,5 000000",
            $"a6 00 ffff 00 345678 00 00010c  00 000777  {Remote} 00000300  P0,256",
            "a7 00 ffff 00 345678 00 00010d  00 000777  P256,256",
            "a8 00 ffff 00 345678 80 00010e  00 000777  P512,256",
        ];
        AssertFrames(expected, frames, 1, 2);
    }

    [Fact]
    public void ResponsesAreTheseBytes()
    {
        var domain = _device.Device.OpenXrcDomain();
        var queue = _device.CreateXrc(domain);
        queue.PostReceive(new ReceiveWorkRequest { Entry = _device.Memory.Entry(8192, 512) });
        var target = _device.CreateTarget(domain);
        var (address, key) = (_device.Memory.Address, _device.Memory.RemoteKey);
        var packet = new Request(Opcode.XrcSendOnly, 0x100) { SharedReceiveQueue = queue.Number, Address = address, Key = key };
        var frames = new List<byte[]>();
        Answer(packet with { Payload = [1, 2, 3] });
        Answer(packet with { Opcode = Opcode.XrcReadRequest, Psn = 0x101, Length = 600 });
        Answer(packet with { Opcode = Opcode.XrcFetchAdd, Psn = 0x104, Address = address + 16, SwapOrAdd = 1 });
        Answer(packet with { Psn = 0x105, Payload = [1] });
        Answer(packet with { Psn = 0x107, Payload = [1] });
        Answer(packet with { Opcode = Opcode.XrcReadRequest, Psn = 0x105, Length = 5 });
        Answer(packet with { Opcode = Opcode.XrcReadRequest, Psn = 0x106, Length = 5, SharedReceiveQueue = 0x777777 });
        var original = BitConverter.ToUInt64([.. Enumerable.Range(16, 8).Select(HandMadeFrame.Pattern)]);
        string[] expected =
        [
            "b1 00 ffff 00 345678 00 000100  1f 000001",
            // The READ: AETH in FIRST and LAST, none in MIDDLE; no XRCETH in any response.
            "ad 00 ffff 00 345678 00 000101  1f 000002  P0,256",
            "ae 00 ffff 00 345678 00 000102  P256,256",
            "af 00 ffff 00 345678 00 000103  1f 000002  P512,88",
            // The value before the addition, in the byte order of the wire.
            $"b2 00 ffff 00 345678 00 000104  1f 000003  {original:x16}",
            // RNR with timer code 12; after it a gap is met with silence.
            "b1 00 ffff 00 345678 00 000105  2c 000003",
            "b0 30 ffff 00 345678 00 000105  1f 000004  P0,5 000000",
            "b1 00 ffff 00 345678 00 000106  61 000004",
        ];
        AssertFrames(expected, frames, 2, 1);

        void Answer(Request request)
        {
            target.Receive(request);
            frames.AddRange(target.PollFrames().Select(answer => Encode(answer.Header, answer.Payload, answer.PadCount, 2, 1)));
        }
    }

    [Fact] // The two CRCs agree where both are known: a vector of the wire format.
    public void TheBitwiseCrcIsThatOfTheVectors()
    {
        foreach (var id in new[] { "V-31", "V-10", "V-33" })
        {
            var frame = TestVector.Of(id).Bytes;
            Assert.Equal(frame[^4..], BitwiseIcrc.Of(frame[..^4]));
        }
    }

    private SendWorkRequest[] Requests()
    {
        SendWorkRequest Request(SendOpcode opcode, int length, uint queue = 0x777) => new()
        {
            Opcode = opcode, RemoteSharedReceiveQueue = queue, RemoteAddress = 0x500000000010, RemoteKey = 0xAABBCCDD,
            Entry = _device.Memory.Entry(0, (ulong)length), Immediate = 0x01020304, InvalidateKey = 0x11223344,
        };
        return
        [
            Request(SendOpcode.SendWithInvalidate, 600),
            Request(SendOpcode.RdmaWriteWithImmediate, 257, 0x778) with { Flags = SendFlags.Solicited },
            Request(SendOpcode.RdmaRead, 600) with { Entry = _device.Memory.Entry(8192, 600) },
            Request(SendOpcode.CompareAndSwap, 8) with
            {
                Entry = _device.Memory.Entry(9000, 8), Swap = 0x1111111122222222, CompareAdd = 0x3333333344444444,
            },
            Request(SendOpcode.FetchAndAdd, 8, 0xFFFFFF) with { Entry = _device.Memory.Entry(9008, 8), CompareAdd = 0x5555555566666666 },
            Request(SendOpcode.SendWithImmediate, 0),
            Request(SendOpcode.RdmaWrite, 5),
            Request(SendOpcode.RdmaWrite, 768),
        ];
    }

    private static void Acknowledge(HandQueuePair pair, uint psn) =>
        pair.ReceiveResponse(SendSide.Response(Opcode.XrcAcknowledge, psn, [], Aeth.Ack(Aeth.UnlimitedCredit, 0)));

    private static unsafe byte[] Encode(byte[] header, byte[] payload, int padCount, int source, int destination)
    {
        var pinned = GC.AllocateArray<byte>(Math.Max(payload.Length, 1), pinned: true);
        payload.CopyTo(pinned, 0);
        var burst = new PacketPool().Rent();
        burst.Path = new FlowPath(Address(source).Value, Address(destination).Value, 0, 64, 0, 0xC132);
        header.CopyTo(burst.HeaderArea(0));
        if (payload.Length != 0)
        {
            MemoryMarshal.Cast<PayloadSegment, PayloadReference>(burst.FreeSegments(1))[0] =
                new PayloadReference(Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0), payload.Length);
        }

        ref var packet = ref burst.Append();
        (packet.HeaderLength, packet.PayloadLength, packet.PadCount) = (header.Length, payload.Length, (byte)padCount);
        packet.SegmentCount = burst.SegmentCount = payload.Length == 0 ? 0 : 1;
        new RoCEv2EthernetCodec().Encode(burst);
        var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength).ToArray();
        burst.Release();
        GC.KeepAlive(pinned);
        return frame;
    }

    private static Gid Address(int host) => Gid.Parse($"::ffff:192.0.2.{host}");

    private static void AssertFrames(string[] expected, List<byte[]> frames, int source, int destination)
    {
        Assert.Equal(expected.Length, frames.Count);
        for (var i = 0; i < expected.Length; i++)
        {
            var frame = HandMadeFrame.Of(source, destination, frames[i][..12], expected[i]);
            Assert.Equal($"{i}: {Convert.ToHexStringLower(frame)}", $"{i}: {Convert.ToHexStringLower(frames[i])}");
        }
    }
}
