using System.Text.Json.Nodes;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.Verbs;

/// <summary>Windows of ours that the guest uses, and one of the guest's that we use, until they end (R-VERB-6, R-VERB-7).</summary>
public abstract class MemoryWindowInteropTests(RxeFixture fixture)
{
    private const int Size = 8192;
    private const int Start = 1000;
    private const int Length = 3000;

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheGuestWritesThroughAWindowOfType1UntilItIsBoundAnew(bool ipv6) => Exchange(ipv6, (ours, guest, region) =>
    {
        using var window = ours.Domain.AllocateWindow(MemoryWindowType.Type1);
        var key = ours.QueuePair.BindWindow(window, region, region.Address + Start, Length, AccessFlags.RemoteWrite);
        ours.Good();
        guest.Fill(0, Length, 1);
        guest.Post(1, "RDMA_WRITE", 0, Length, Remote(key, region, Start));
        Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
        Assert.True(region.AsSpan(Start, Length).SequenceEqual(GuestPattern.Create(1, Length)));

        var next = ours.QueuePair.BindWindow(window, region, region.Address, Length, AccessFlags.RemoteWrite);
        ours.Good();
        Assert.NotEqual(key, next);
        guest.Post(2, "RDMA_WRITE", 0, 8, Remote(next, region, 0));
        Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
        guest.Post(3, "RDMA_WRITE", 0, 8, Remote(key, region, Start));
        Assert.Equal("REM_ACCESS_ERR", guest.Poll(1)[0].Status);
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheGuestInvalidatesAWindowOfType2(bool ipv6) => Exchange(ipv6, (ours, guest, region) =>
    {
        using var window = ours.Domain.AllocateWindow(MemoryWindowType.Type2B);
        var binding = new MemoryWindowBinding(
            window, region, region.Address + Start, Length, AccessFlags.RemoteRead | AccessFlags.RemoteWrite);
        ours.QueuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.BindMemoryWindow, MemoryOperation = binding });
        ours.Good();
        guest.Fill(0, Length, 2);
        guest.Post(1, "RDMA_WRITE", 0, Length, Remote(binding.RemoteKey, region, Start));
        guest.Post(2, "RDMA_READ", Size, Length, Remote(binding.RemoteKey, region, Start));
        Assert.All(guest.Poll(2), c => Assert.Equal("SUCCESS", c.Status));
        guest.Check(Size, Length, 2);

        ours.Receive(3, 0, 64);
        guest.Post(4, "SEND_WITH_INV", 0, 10, new() { ["invalidate"] = binding.RemoteKey });
        var received = ours.Good();
        Assert.True(received.Flags.HasFlag(WorkCompletionFlags.WithInvalidate));
        Assert.Equal((10u, binding.RemoteKey), (received.ByteLength, received.InvalidatedKey));
        Assert.False(window.IsBound);
        Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
        guest.Post(5, "RDMA_WRITE", 0, 8, Remote(binding.RemoteKey, region, Start));
        Assert.Equal("REM_ACCESS_ERR", guest.Poll(1)[0].Status);
    });

    [SkippableTheory]
    [InlineData(false, Start - 1, AccessFlags.RemoteWrite)]
    [InlineData(true, Start + Length - 7, AccessFlags.RemoteWrite)]
    [InlineData(false, Start, AccessFlags.RemoteRead)]
    [InlineData(true, Start, AccessFlags.RemoteRead)]
    public void OutsideOfItsWindowTheGuestIsRefused(bool ipv6, int offset, AccessFlags access) => Exchange(ipv6, (ours, guest, region) =>
    {
        using var window = ours.Domain.AllocateWindow(MemoryWindowType.Type2B);
        var binding = new MemoryWindowBinding(window, region, region.Address + Start, Length, access);
        ours.QueuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.BindMemoryWindow, MemoryOperation = binding });
        ours.Good();
        guest.Post(1, "RDMA_WRITE", 0, 8, Remote(binding.RemoteKey, region, offset));
        Assert.Equal("REM_ACCESS_ERR", guest.Poll(1)[0].Status);
        Assert.Equal(1, ours.Device.GetPipeline().AdapterCounters["resp_remote_access_errors"]);
    });

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheGuestsWindowOnlyForWritingCannotBeRead(bool ipv6) => Exchange(ipv6, (ours, guest, _) =>
    {
        var window = guest.Bind(1, Start, Length, "REMOTE_WRITE");
        Assert.Equal("SUCCESS", guest.Poll(1)[0].Status);
        ours.Fill(0, Length, 3);
        ours.Post(SendOpcode.RdmaWrite, 0, Length, new() { RemoteAddress = guest.Address + Start, RemoteKey = window });
        ours.Good();
        guest.Check(Start, Length, 3);
        ours.Post(SendOpcode.RdmaRead, 0, 8, new() { RemoteAddress = guest.Address + Start, RemoteKey = window });
        Assert.Equal(WorkCompletionStatus.RemoteAccessError, ours.Next().Status);
    });

    private void Exchange(bool ipv6, Action<OurEnd, GuestVerbs, MemoryRegion> body)
    {
        var guest = fixture.Guest;
        guest.Namespace.Run(() =>
        {
            using var agent = guest.Connect();
            using var ours = new OurEnd(ipv6);
            ours.Connect(agent, guest.PathMtu, ipv6);
            using var region = ours.Domain.AllocateMemory(Size, AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind);
            body(ours, agent, region);
        });
    }

    private static JsonObject Remote(uint key, MemoryRegion region, int offset) =>
        new() { ["rkey"] = key, ["address"] = region.Address + (ulong)offset };
}

[Collection("guest with path MTU 1024")]
public sealed class MemoryWindowInteropTests1024(RxeFixture1024 fixture) : MemoryWindowInteropTests(fixture);

[Collection("guest with path MTU 4096")]
public sealed class MemoryWindowInteropTests4096(RxeFixture4096 fixture) : MemoryWindowInteropTests(fixture);
