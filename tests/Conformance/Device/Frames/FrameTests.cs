using RdmaPipeline.Protocol.Tests.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Frames;

/// <summary>
/// What two whole devices put on the in-memory wire, byte for byte: the vectors V-24 and V-31 of wire.md, and hand-made frames of what has
/// none, requests and answers (R-WIRE-11, 13, 16, 17, 21; R-REQ-26, 59; R-RESP-26).
/// </summary>
public sealed class FrameTests : IDisposable
{
    private const uint Psn = 0x10D;
    private const uint XrcPsn = 0x110;
    private const uint VectorQueue = 0x777;

    private readonly FrameScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact] // V-24, which names a region that the second device has not.
    public async Task AnAtomicWriteIsTheVector()
    {
        var (a, _) = Reliable();
        Convert.FromHexString("8877665544332211").CopyTo(_scene.Source.AsSpan(0, 8));
        var status = await _scene.DoAsync(a, new()
        {
            Opcode = SendOpcode.AtomicWrite, Entry = _scene.Source.Entry(0, 8), RemoteAddress = FrameScene.RemoteStart + 0x10,
            RemoteKey = 0x9ABC,
        });
        Assert.Equal(WorkCompletionStatus.RemoteAccessError, status);
        byte[] vector = TestVector.Of("V-24").Bytes;
        Assert.Equal(Convert.ToHexString(vector), Convert.ToHexString(_scene.OnlyRequest(vector[..12])));
        _scene.AssertFrames(
            ["1d 00 ffff 00 000012 80 00010d  00007f0000003010 00009abc 00000008  8877665544332211"],
            ["11 00 ffff 00 000011 00 00010d  62 000000"]);
    }

    [Fact]
    public async Task AtomicWritesAndFlushesAreTheseBytes()
    {
        var (a, _) = Reliable();
        var at = new SendWorkRequest { RemoteAddress = FrameScene.RemoteStart + 0x10, RemoteKey = _scene.Sink.RemoteKey };
        await Succeeds(a, at with { Opcode = SendOpcode.AtomicWrite, Entry = _scene.Source.Entry(40, 8) });
        var flush = at with { Opcode = SendOpcode.Flush };
        await Succeeds(a, flush with { FlushLength = 0x234, FlushPlacement = FlushPlacement.GlobalVisibility });
        await Succeeds(a, flush with { FlushLength = 1, FlushPlacement = FlushPlacement.Persistence });
        await Succeeds(a, flush with
        {
            FlushPlacement = FlushPlacement.GlobalVisibility | FlushPlacement.Persistence,
            FlushSelectivity = FlushSelectivity.MemoryRegion,
        });
        Assert.True(_scene.Sink.AsSpan(16, 8).SequenceEqual(_scene.Source.AsSpan(40, 8)));
        string remote = $"00007f0000003010 {_scene.Sink.RemoteKey:x8}";
        _scene.AssertFrames(
        [
            $"1d 00 ffff 00 000012 80 00010d  {remote} 00000008  P40,8",
            // FETH: PLT in bits 3:0, SEL in bits 5:4; then RETH.
            $"1c 00 ffff 00 000012 80 00010e  00000001  {remote} 00000234",
            $"1c 00 ffff 00 000012 80 00010f  00000002  {remote} 00000001",
            $"1c 00 ffff 00 000012 80 000110  00000013  {remote} 00000000",
        ],
        [
            // READ RESPONSE ONLY without data, no credits (no receive is posted), MSN counting.
            "10 00 ffff 00 000011 00 00010d  00 000001",
            "10 00 ffff 00 000011 00 00010e  00 000002",
            "10 00 ffff 00 000011 00 00010f  00 000003",
            "10 00 ffff 00 000011 00 000110  00 000004",
        ]);
    }

    [Fact] // V-31
    public async Task AnXrcSendIsTheVector()
    {
        var (a, queue) = Extended(VectorQueue);
        queue.PostReceive(new ReceiveWorkRequest { Entry = _scene.Sink.Entry(0, 64) });
        "xrc!"u8.CopyTo(_scene.Source.AsSpan(0, 4));
        await Succeeds(a, new() { Opcode = SendOpcode.Send, Entry = _scene.Source.Entry(0, 4), RemoteSharedReceiveQueue = VectorQueue });
        Assert.Equal("xrc!"u8, _scene.Sink.AsSpan(0, 4));
        byte[] vector = TestVector.Of("V-31").Bytes;
        Assert.Equal(Convert.ToHexString(vector), Convert.ToHexString(_scene.OnlyRequest(vector[..12])));
        _scene.AssertFrames(
            ["a4 00 ffff 00 000012 80 000110  00 000777  78726321"], ["b1 00 ffff 00 000011 00 000110  1f 000001"]);
    }

    [Fact]
    public async Task XrcMessagesOfManyPacketsAreTheseBytes()
    {
        var (a, queue) = Extended(3);
        queue.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = _scene.Sink.Entry(1024, 600) });
        queue.PostReceive(new ReceiveWorkRequest { WorkRequestId = 2 });
        var at = new SendWorkRequest
        {
            RemoteAddress = FrameScene.RemoteStart + 0x10, RemoteKey = _scene.Sink.RemoteKey, RemoteSharedReceiveQueue = 3,
            Immediate = 0x01020304,
        };
        await Succeeds(a, at with { Opcode = SendOpcode.SendWithImmediate, Entry = _scene.Source.Entry(0, 600) });
        await Succeeds(a, at with
        {
            Opcode = SendOpcode.RdmaWriteWithImmediate, Entry = _scene.Source.Entry(16, 257), Flags = SendFlags.Solicited,
        });
        await Succeeds(a, at with { Opcode = SendOpcode.RdmaRead, Entry = _scene.Source.Entry(2048, 600) });
        await Succeeds(a, at with { Opcode = SendOpcode.FetchAndAdd, Entry = _scene.Source.Entry(3072, 8), CompareAdd = 0x1122 });
        Assert.True(_scene.Source.AsSpan(2048, 600).SequenceEqual(_scene.Source.AsSpan(16, 600)));
        string remote = $"00007f0000003010 {_scene.Sink.RemoteKey:x8}";
        ulong before = BitConverter.ToUInt64([.. Enumerable.Range(16, 8).Select(HandMadeFrame.Pattern)]);
        _scene.AssertFrames(
        [
            // XRCETH behind the BTH of every packet; ImmDt in LAST; one byte and three of pad; SE in LAST.
            "a0 00 ffff 00 000012 00 000110  00 000003  P0,256",
            "a1 00 ffff 00 000012 00 000111  00 000003  P256,256",
            "a3 00 ffff 00 000012 80 000112  00 000003  01020304  P512,88",
            $"a6 00 ffff 00 000012 00 000113  00 000003  {remote} 00000101  P16,256",
            "a9 b0 ffff 00 000012 80 000114  00 000003  01020304  P272,1 000000",
            $"ac 00 ffff 00 000012 80 000115  00 000003  {remote} 00000258",
            $"b4 00 ffff 00 000012 80 000118  00 000003  {remote} 0000000000001122 0000000000000000",
        ],
        [
            "b1 00 ffff 00 000011 00 000112  1f 000001",
            "b1 00 ffff 00 000011 00 000114  1f 000002",
            // No XRCETH in a response; AETH in FIRST and LAST, none in MIDDLE.
            "ad 00 ffff 00 000011 00 000115  1f 000003  P16,256",
            "ae 00 ffff 00 000011 00 000116  P272,256",
            "af 00 ffff 00 000011 00 000117  1f 000003  P528,88",
            $"b2 00 ffff 00 000011 00 000118  1f 000004  {before:x16}",
        ]);
    }

    private async Task Succeeds(QueuePair queuePair, SendWorkRequest request) =>
        Assert.Equal(WorkCompletionStatus.Success, await _scene.DoAsync(queuePair, request));

    private (QueuePair A, QueuePair B) Reliable()
    {
        var a = _scene.DomainA.CreateQueuePair(new() { SendCompletionQueue = _scene.QueueA, ReceiveCompletionQueue = _scene.QueueA });
        var b = _scene.DomainB.CreateQueuePair(new() { SendCompletionQueue = _scene.QueueB, ReceiveCompletionQueue = _scene.QueueB });
        FrameScene.Connect(a, b, Psn);
        return (a, b);
    }

    // An initiator, a target and a shared receive queue of a number: numbers are given out in turn.
    private (QueuePair A, SharedReceiveQueue Queue) Extended(uint number)
    {
        var domain = _scene.B.OpenXrcDomain();
        var init = new SharedReceiveQueueInitAttributes
        {
            Type = SharedReceiveQueueType.Xrc, XrcDomain = domain, CompletionQueue = _scene.QueueB, MaxWorkRequests = 2, MaxEntries = 1,
        };
        var queue = _scene.DomainB.CreateSharedReceiveQueue(init);
        while (queue.Number != number)
        {
            queue.Dispose();
            queue = _scene.DomainB.CreateSharedReceiveQueue(init);
        }
        var a = _scene.DomainA.CreateQueuePair(new() { Type = QueuePairType.XrcInitiator, SendCompletionQueue = _scene.QueueA });
        FrameScene.Connect(a, domain.CreateQueuePair(new() { Type = QueuePairType.XrcTarget }), XrcPsn);
        return (a, queue);
    }
}
