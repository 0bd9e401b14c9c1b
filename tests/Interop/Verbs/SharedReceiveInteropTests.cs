using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.Verbs;

/// <summary>Two queue pairs of the guest send to two of ours that share their receives, and ours to theirs, which share too.</summary>
public abstract class SharedReceiveInteropTests(RxeFixture fixture)
{
    private const int Size = 5000;

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhoeverSendsTakesTheNextReceive(bool ipv6) => fixture.Guest.Namespace.Run(() =>
    {
        using var ours = new OurEnd(ipv6);
        using var shared = ours.Domain.CreateSharedReceiveQueue(new() { MaxWorkRequests = 8, MaxEntries = 1 });
        using var left = fixture.Guest.Connect();
        using var right = fixture.Guest.Connect();
        using var toLeft = Connect(ours, shared, left, ipv6);
        using var toRight = Connect(ours, shared, right, ipv6);
        var expected = new (GuestVerbs Guest, QueuePair Ours)[] { (right, toRight), (left, toLeft), (left, toLeft), (right, toRight) };
        for (var i = 0; i < expected.Length; i++)
        {
            var (guest, queuePair) = expected[i];
            var offset = (ulong)(i * Size);
            shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = (ulong)i, Entry = ours.Region.Entry(offset, Size) });
            guest.Fill(0, Size, i);
            guest.Post(1, "SEND", 0, Size);
            var received = ours.Good();
            Assert.Equal(((ulong)i, (uint)Size, queuePair.Number), (received.WorkRequestId, received.ByteLength, received.QueuePairNumber));
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            ours.Check(i * Size, Size, i);

            guest.Receive(2, Size, Size);
            queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Entry = ours.Region.Entry(offset, Size) });
            ours.Good();
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            guest.Check(Size, Size, i);
        }
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhoFindsNoReceiveWaitsForOne(bool ipv6) => fixture.Guest.Namespace.Run(() =>
    {
        using var ours = new OurEnd(ipv6);
        using var shared = ours.Domain.CreateSharedReceiveQueue(new() { MaxWorkRequests = 8, MaxEntries = 1 });
        using var guest = fixture.Guest.Connect();
        using var queuePair = Connect(ours, shared, guest, ipv6);
        guest.Fill(0, Size, 9);
        guest.Post(1, "SEND", 0, Size);
        while (ours.Device.GetPipeline().HardwareCounters["send_rnr_err"] == 0) Thread.Yield();
        shared.PostReceive(new ReceiveWorkRequest { Entry = ours.Region.Entry(0, Size) });
        Assert.Equal((uint)Size, ours.Good().ByteLength);
        Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
        ours.Check(0, Size, 9);
        Assert.InRange(ours.Device.GetPipeline().AdapterCounters["out_of_buffer"], 1, long.MaxValue);
    });

    private QueuePair Connect(OurEnd ours, SharedReceiveQueue shared, GuestVerbs guest, bool ipv6)
    {
        guest.Open(RxeGuest.GidIndex(ipv6), fixture.Guest.PathMtu, OurEnd.BufferSize, "RC", shared: true, "LOCAL_WRITE");
        var queuePair = ours.Domain.CreateQueuePair(new()
        {
            SendCompletionQueue = ours.Completions, ReceiveCompletionQueue = ours.Completions, SharedReceiveQueue = shared,
            SignalAll = true,
        });
        var remote = new QueuePairEndpoint(Gid.FromIPAddress(guest.Gid), guest.QueuePairNumber, 0xFFFFFA);
        queuePair.ConnectTo(remote, new() { PathMtu = PathMtuExtensions.FromBytes(fixture.Guest.PathMtu), Timeout = 17 });
        var local = queuePair.LocalEndpoint;
        guest.Connect(local.QueuePairNumber, local.Gid.ToIPAddress(), remote.Psn, local.Psn);
        return queuePair;
    }
}

[Collection("guest with path MTU 1024")]
public sealed class SharedReceiveInteropTests1024(RxeFixture1024 fixture) : SharedReceiveInteropTests(fixture);

[Collection("guest with path MTU 4096")]
public sealed class SharedReceiveInteropTests4096(RxeFixture4096 fixture) : SharedReceiveInteropTests(fixture);
