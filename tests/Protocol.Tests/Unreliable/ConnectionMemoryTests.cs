using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>What a UC does with keys (R-REQ-61, R-REQ-28, R-REQ-30): by its own work requests, and windows for its peer.</summary>
public sealed class ConnectionMemoryTests
{
    [Fact] // R-REQ-30: "completed" is the handover here.
    public void LocalOperationsAreExecutedInOrder()
    {
        var side = new UnreliableSide();
        var registration = Registration(side);
        Post(side, 1, registration);
        side.Post(2, length: 300, key: registration.Key);
        side.Post(3, SendOpcode.LocalInvalidate, change: wqe => Bare(wqe) with { InvalidateKey = registration.Key });
        side.Post(4);
        Assert.Equal("SendFirst 100, SendLast 101", side.Sent());
        Assert.True(registration.Region.IsValid);
        Assert.Equal("1 Success", side.Completed());
        side.HandOver();
        Assert.Equal("SendOnly 102", side.Sent());
        Assert.False(registration.Region.IsValid);
        Assert.Equal("2 Success, 3 Success", side.Completed());
        side.HandOver();
        Assert.Equal("4 Success", side.Completed());
    }

    [Fact] // R-REQ-51: what fails leads to SQE.
    public void AFailedLocalOperationLeadsToSqe()
    {
        var side = new UnreliableSide();
        side.Post(1);
        side.Post(2, SendOpcode.LocalInvalidate, change: wqe => Bare(wqe) with { InvalidateKey = side.SourceKey });
        Assert.Equal("SendOnly 100", side.Sent());
        side.HandOver();
        Assert.Equal("", side.Sent());
        Assert.Equal("1 Success, 2 LocalQueuePairOperationError", side.Completed());
        Assert.Equal(QueuePairState.SendQueueError, side.Context.State);
    }

    [Fact] // R-RESP-13, R-RESP-44: the peer writes inside the window; outside nothing happens, and the queue pair stays.
    public void APeerWritesThroughAWindow()
    {
        var side = new UnreliableSide();
        var domain = new ProtectionDomain(side.Device, UnreliableSide.Domain);
        var region = domain.RegisterMemory((nint)side.SinkAddress, 4096, AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind);
        var window = domain.AllocateWindow(MemoryWindowType.Type2B);
        Post(side, 1, new MemoryWindowBinding(window, region, region.Address + 64, 64, AccessFlags.RemoteWrite));
        Assert.Equal("", side.Sent());
        Assert.Equal("1 Success", side.Completed());
        var write = side.Write(Opcode.UcWriteOnly, 100, 64, 64) with { Key = window.RemoteKey, Address = region.Address + 64 };
        side.Receive(write);
        side.Receive(write with { Psn = 101, Address = region.Address + 65 });
        Assert.Equal([0, .. write.Payload, 0], side.Sink[63..129].ToArray());
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
    }

    private static FastRegistration Registration(UnreliableSide side)
    {
        var region = new ProtectionDomain(side.Device, UnreliableSide.Domain).AllocateRegion(MemoryRegionType.FastRegistration, 32);
        region.Map([new MemoryPiece((nint)side.SourceAddress, UnreliableSide.RegionLength)]);
        return new FastRegistration(region, AccessFlags.None);
    }

    private static void Post(UnreliableSide side, ulong id, MemoryOperation operation) =>
        side.Post(id, operation.Opcode, change: wqe => Bare(wqe) with { MemoryOperation = operation });

    private static SendWqe Bare(SendWqe wqe) => wqe with { EntryCount = 0, Length = 0 };
}
