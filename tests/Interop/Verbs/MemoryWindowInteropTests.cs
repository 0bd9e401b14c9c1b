using System.Text.Json.Nodes;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.Verbs;

/// <summary>Windows of ours that the guest uses, and one of the guest's that we use, until they end (R-VERB-6, R-VERB-7).</summary>
[Collection("guest with path MTU 1024")]
public sealed class MemoryWindowInteropTests(RxeFixture1024 fixture)
{
    private const int Size = 8192;
    private const int Start = 1000;
    private const int Length = 3000;

    [SkippableFact]
    public void TheGuestWritesThroughAWindowOfType1UntilItIsBoundAnew() => Exchange((ours, guest, region) =>
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

    [SkippableFact]
    public void TheGuestInvalidatesAWindowOfType2() => Exchange((ours, guest, region) =>
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
    [InlineData(Start - 1, AccessFlags.RemoteWrite)]
    [InlineData(Start + Length - 7, AccessFlags.RemoteWrite)]
    [InlineData(Start, AccessFlags.RemoteRead)]
    public void OutsideOfItsWindowTheGuestIsRefused(int offset, AccessFlags access) => Exchange((ours, guest, region) =>
    {
        using var window = ours.Domain.AllocateWindow(MemoryWindowType.Type2B);
        var binding = new MemoryWindowBinding(window, region, region.Address + Start, Length, access);
        ours.QueuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.BindMemoryWindow, MemoryOperation = binding });
        ours.Good();
        guest.Post(1, "RDMA_WRITE", 0, 8, Remote(binding.RemoteKey, region, offset));
        Assert.Equal("REM_ACCESS_ERR", guest.Poll(1)[0].Status);
        Assert.Equal(1, ours.Device.GetPipeline().AdapterCounters["resp_remote_access_errors"]);
    });

    [SkippableFact]
    public void TheGuestsWindowOnlyForWritingCannotBeRead() => Exchange((ours, guest, _) =>
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

    private void Exchange(Action<OurEnd, GuestVerbs, MemoryRegion> body)
    {
        var guest = fixture.Guest;
        guest.Namespace.Run(() =>
        {
            using var agent = guest.Connect();
            using var ours = new OurEnd(ipv6: false);
            ours.Connect(agent, guest.PathMtu, ipv6: false);
            using var region = ours.Domain.AllocateMemory(Size, AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind);
            body(ours, agent, region);
        });
    }

    private static JsonObject Remote(uint key, MemoryRegion region, int offset) =>
        new() { ["rkey"] = key, ["address"] = region.Address + (ulong)offset };
}
