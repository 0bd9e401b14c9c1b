using System.Net;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.Verbs;

/// <summary>
/// Unreliable connections, datagrams and multicast groups between a queue pair of ours and one of the guest, both ways. Nothing is
/// repeated, so every packet of either side must have arrived at the other.
/// </summary>
[Collection("guest with path MTU 1024")]
public sealed class UnreliableInteropTests(RxeFixture1024 fixture)
{
    private const int Target = OurEnd.BufferSize / 2;
    private const int Header = GlobalRouteHeader.Length;
    private const uint QueueKey = 0x1234_5678;
    private const uint Everybody = 0xFFFFFF;

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void MessagesAndWritesOfAnUnreliableConnection(bool ipv6) => Exchange(ipv6, QueuePairType.UnreliableConnection, (ours, guest) =>
    {
        ours.Connect(guest, fixture.Guest.PathMtu, ipv6);
        var before = guest.Counters();
        foreach (var (size, seed) in new[] { 0, 1, 1024, 1025, 10_000 }.Select((s, i) => (s, i)))
        {
            ours.Fill(0, size, seed);
            guest.Receive(7, Target, Target);
            ours.Post(SendOpcode.SendWithImmediate, 0, size, new() { Immediate = 0xA1B2C3D4 });
            ours.Good();
            var got = guest.Poll(1)[0];
            Assert.Equal(("SUCCESS", (uint)size, (uint?)0xA1B2C3D4), (got.Status, got.Length, got.Immediate));
            guest.Check(Target, size, seed);

            guest.Fill(0, size, 100 + seed);
            ours.Receive(8, Target, Target);
            guest.Post(9, "RDMA_WRITE_WITH_IMM", 0, size, new()
            {
                ["rkey"] = ours.Region.RemoteKey, ["address"] = ours.Region.Address + Target, ["immediate"] = 0x05060708,
            });
            var received = ours.Good();
            Assert.Equal((8ul, (uint)size, 0x05060708u), (received.WorkRequestId, received.ByteLength, received.Immediate));
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            ours.Check(Target, size, 100 + seed);
        }

        return before;
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Datagrams(bool ipv6) => Exchange(ipv6, QueuePairType.UnreliableDatagram, (ours, guest) =>
    {
        using var way = ours.Activate(guest, fixture.Guest.PathMtu, ipv6, QueueKey);
        var before = guest.Counters();
        foreach (var (size, seed) in new[] { 0, 1, 1023, 1024 }.Select((s, i) => (s, i)))
        {
            ours.Fill(0, size, seed);
            guest.Receive(7, Target, Header + size);
            ours.Post(SendOpcode.SendWithImmediate, 0, size, To(way, guest.QueuePairNumber) with { Immediate = 77 });
            ours.Good();
            var got = guest.Poll(1)[0];
            Assert.Equal(("SUCCESS", (uint)(Header + size), (uint?)77), (got.Status, got.Length, got.Immediate));
            guest.Check(Target + Header, size, seed);

            guest.Fill(0, size, 100 + seed);
            ours.Receive(8, Target, Header + size);
            guest.Post(9, "SEND", 0, size, GuestVerbs.To(Address(ours), ours.QueuePair.Number, QueueKey));
            var received = ours.Good();
            Assert.Equal((8ul, (uint)(Header + size), guest.QueuePairNumber),
                (received.WorkRequestId, received.ByteLength, received.SourceQueuePair));
            Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
            ours.Check(Target + Header, size, 100 + seed);
            // R-RESP-37: the header in front leads back to who sent it.
            using var back = ours.Domain.CreateAddressHandle(received, ours.Region.AsSpan(Target, Header));
            Assert.Equal(Gid.FromIPAddress(guest.Gid), back.Query().DestinationGid);
        }

        return before;
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void AWrongQueueKeyIsDroppedInSilence(bool ipv6) => Exchange(ipv6, QueuePairType.UnreliableDatagram, (ours, guest) =>
    {
        using var way = ours.Activate(guest, fixture.Guest.PathMtu, ipv6, QueueKey);
        var before = guest.Counters();
        guest.Receive(7, Target, 4096);
        ours.Receive(8, Target, 4096);
        ours.Post(SendOpcode.Send, 0, 1, To(way, guest.QueuePairNumber) with { RemoteQueueKey = QueueKey + 1 });
        ours.Post(SendOpcode.Send, 0, 2, To(way, guest.QueuePairNumber));
        ours.Good();
        ours.Good();
        Assert.Equal(Header + 2u, guest.Poll(1)[0].Length);
        guest.Post(9, "SEND", 0, 3, GuestVerbs.To(Address(ours), ours.QueuePair.Number, QueueKey + 1));
        guest.Post(10, "SEND", 0, 4, GuestVerbs.To(Address(ours), ours.QueuePair.Number, QueueKey));
        Assert.Equal(Header + 4u, ours.Good().ByteLength);
        Assert.Equal((1, 1), (ours.Device.GetPipeline().DroppedPackets["bad_qkey"], guest.Counters().Since(before)["qkey_viol_cntr"]));
        return before;
    });

    [SkippableTheory]
    [InlineData("239.18.0.7")]
    [InlineData("ff0e::4791:7")]
    public void MulticastDatagrams(string address)
    {
        var group = IPAddress.Parse(address);
        var ipv6 = address.Contains(':');
        Exchange(ipv6, QueuePairType.UnreliableDatagram, (ours, guest) =>
        {
            using var way = ours.Activate(guest, fixture.Guest.PathMtu, ipv6, QueueKey, group);
            guest.Join(group);
            var before = guest.Counters();
            ours.Fill(0, 1000, 1);
            guest.Receive(7, Target, 4096);
            ours.Post(SendOpcode.Send, 0, 1000, To(way, Everybody));
            ours.Good();
            Assert.Equal(Header + 1000u, guest.Poll(1)[0].Length);
            guest.Check(Target + Header, 1000, 1);

            ours.QueuePair.AttachMulticast(Gid.FromIPAddress(group));
            guest.Fill(0, 1000, 2);
            ours.Receive(8, Target, 4096);
            guest.Receive(10, Target, 4096);
            guest.Post(9, "SEND", 0, 1000, GuestVerbs.To(group, Everybody, QueueKey));
            var received = ours.Good();
            Assert.Equal((Header + 1000u, guest.QueuePairNumber), (received.ByteLength, received.SourceQueuePair));
            ours.Check(Target + Header, 1000, 2);
            Assert.True(GlobalRouteHeader.TryRead(ours.Region.AsSpan(Target, Header), out var header));
            Assert.Equal((Gid.FromIPAddress(guest.Gid), Gid.FromIPAddress(group)), (header.Source, header.Destination));
            ours.QueuePair.DetachMulticast(Gid.FromIPAddress(group));
            // R-RESP-47: the guest, itself a member, gets a copy of what it sent.
            Assert.Equal([(9ul, "SUCCESS"), (10ul, "SUCCESS")],
                guest.Poll(2).OrderBy(c => c.WorkRequest).Select(c => (c.WorkRequest, c.Status)));
            guest.Check(Target + Header, 1000, 2);
            return before;
        }, ownOfGuest: 1);
    }

    /// <summary>Both ends exchange, and what one side counted as sent the other counted as received or as dropped.</summary>
    private void Exchange(bool ipv6, QueuePairType type, Func<OurEnd, GuestVerbs, GuestCounters> body, int ownOfGuest = 0)
    {
        var guest = fixture.Guest;
        guest.Namespace.Run(() =>
        {
            using var agent = guest.Connect();
            using var ours = new OurEnd(ipv6, type: type);
            var before = body(ours, agent);
            var (pipeline, guestCounted) = (ours.Device.GetPipeline(), agent.Counters().Since(before));
            Assert.Empty(PacketBalance.Differences(pipeline.HardwareCounters, guestCounted, new()
            {
                DroppedByUs = pipeline.DroppedPackets.Values.Sum(), DroppedByGuest = guestCounted["qkey_viol_cntr"],
                OwnOfGuest = ownOfGuest,
            }));
        });
    }

    private static SendWorkRequest To(AddressHandle way, uint queuePair) =>
        new() { Address = way, RemoteQueuePair = queuePair, RemoteQueueKey = QueueKey };

    private static IPAddress Address(OurEnd ours) => ours.QueuePair.LocalEndpoint.Gid.ToIPAddress();
}
