using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.InteropTests;

/// <summary>The harness itself: two queue pairs of the guest, driven from here, exchange what the tests will exchange with ours.</summary>
public abstract class GuestVerbsTests(RxeFixture fixture)
{
    private const int Buffer = 1 << 18;

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheGuestsProgramMovesDataAndNoticesWhenItDiffers(bool ipv6)
    {
        var guest = fixture.Guest;
        guest.Namespace.Run(() =>
        {
            using var a = guest.Connect();
            using var b = guest.Connect();
            foreach (var end in new[] { a, b })
                end.Open(RxeGuest.GidIndex(ipv6), guest.PathMtu, Buffer, "LOCAL_WRITE", "REMOTE_WRITE", "REMOTE_READ", "REMOTE_ATOMIC");
            Assert.Equal(RxeGuest.GuestAddress(ipv6), ipv6 ? a.Gid : a.Gid.MapToIPv4());
            a.Connect(b.QueuePairNumber, b.Gid, 0xFFFFFE, 7);
            b.Connect(a.QueuePairNumber, a.Gid, 7, 0xFFFFFE);
            a.Fill(0, 10_000, 3);
            b.Receive(50, 0, Buffer);
            a.Post(1, "SEND_WITH_IMM", 0, 10_000, new() { ["immediate"] = 0xCAFE0001u });
            Assert.Equal("SUCCESS", a.Poll(1)[0].Status);
            var got = b.Poll(1)[0];
            Assert.Equal((50ul, "SUCCESS", 10_000u, 0xCAFE0001u), (got.WorkRequest, got.Status, got.Length, got.Immediate));
            b.Check(0, 10_000, 3);
            Assert.Contains("differ", Assert.Throws<InvalidOperationException>(() => b.Check(0, 10_000, 4)).Message);
        });
    }

    [SkippableFact]
    public void TheLinkIsAsItWasAskedFor()
    {
        var info = fixture.Guest.Execute("ibv_devinfo").Expect().Output;
        Assert.Contains($"active_mtu:\t\t{fixture.Guest.PathMtu}", info);
    }
}

[Collection("guest with path MTU 1024")]
public sealed class GuestVerbsTests1024(RxeFixture1024 fixture) : GuestVerbsTests(fixture);

[Collection("guest with path MTU 4096")]
public sealed class GuestVerbsTests4096(RxeFixture4096 fixture) : GuestVerbsTests(fixture);
