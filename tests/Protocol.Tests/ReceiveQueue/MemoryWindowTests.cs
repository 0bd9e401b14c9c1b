using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>
/// The columns for windows of the table of responder.md section 5 (R-RESP-10..13), and their invalidation by a peer (R-RESP-27).
/// </summary>
public sealed class MemoryWindowTests
{
    private const uint E = 50;
    private const AccessFlags Remote =
        AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic | AccessFlags.FlushGlobal;

    private const int WindowOffset = 512;
    private const int WindowLength = 1024;

    private static readonly Opcode[] Operations =
    [
        Opcode.RcWriteOnly, Opcode.RcWriteFirst, Opcode.RcReadRequest, Opcode.RcFetchAdd, Opcode.RcCompareSwap, Opcode.RcAtomicWrite,
        Opcode.RcFlush,
    ];

    public static TheoryData<MemoryWindowType> Types => [MemoryWindowType.Type1, MemoryWindowType.Type2A, MemoryWindowType.Type2B];

    [Theory, MemberData(nameof(Types))] // Every operation through every type of window reaches the memory of the region.
    public void ABoundWindowGivesAccess(MemoryWindowType type)
    {
        var scene = new Scene(type);
        scene.Side.Region[WindowOffset] = 7;
        scene.Side.Accept(scene.Legal(Opcode.RcReadRequest, E) with { Length = 1 });
        Assert.Equal([7], Assert.Single(scene.Side.PollAll()).Payload);
        scene.Side.Accept(scene.Legal(Opcode.RcWriteOnly, E + 1) with { Payload = [1, 2, 3], Length = 3 });
        scene.Side.Accept(scene.Legal(Opcode.RcFetchAdd, E + 2) with { Address = scene.Start + 8, SwapOrAdd = 5 });
        scene.Side.Accept(scene.Legal(Opcode.RcAtomicWrite, E + 3) with { Address = scene.Start + 16, Payload = [9, 9, 9, 9, 9, 9, 9, 9] });
        scene.Side.Accept(scene.Legal(Opcode.RcFlush, E + 4));
        // R-RESP-11: the whole of the window.
        scene.Side.Accept(scene.Legal(Opcode.RcFlush, E + 5) with { Flush = 0x11, Address = 0, Length = 0 });
        Assert.Equal([1, 2, 3, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9], scene.Side.Region.Slice(WindowOffset, 17).ToArray());
        Assert.Equal(QueuePairState.ReadyToSend, scene.Side.Context.State);
    }

    [Theory, MemberData(nameof(Types))] // R-RESP-13: the bounds are the window's, at both ends and where a sum would overflow.
    public void TheBoundsAreThoseOfTheWindow(MemoryWindowType type)
    {
        foreach (var opcode in Operations)
        {
            Refused(type, opcode, (scene, request) => request with { Address = scene.Start - 8 });
            Refused(type, opcode, (scene, request) => request with { Address = scene.Start + WindowLength });
            Refused(type, opcode, (scene, request) => request with { Address = scene.Start + WindowLength - 7 });
            Refused(type, opcode, (_, request) => request with { Address = ulong.MaxValue - 7 });
            Refused(type, opcode, (_, request) => request with { Address = 0 });
        }

        var scene = new Scene(type);
        scene.Side.Accept(scene.Legal(Opcode.RcWriteOnly, E) with { Address = scene.Start + WindowLength - 1, Payload = [5], Length = 1 });
        Assert.Equal([5, 0], scene.Side.Region.Slice(WindowOffset + WindowLength - 1, 2).ToArray());
    }

    [Theory, MemberData(nameof(Types))] // R-RESP-10: the access flags are the window's, whatever the region allows.
    public void TheRightsAreThoseOfTheWindow(MemoryWindowType type)
    {
        foreach (var opcode in Operations)
        {
            var needed = opcode switch
            {
                Opcode.RcWriteOnly or Opcode.RcWriteFirst or Opcode.RcAtomicWrite => AccessFlags.RemoteWrite,
                Opcode.RcReadRequest => AccessFlags.RemoteRead,
                Opcode.RcFlush => AccessFlags.FlushGlobal,
                _ => AccessFlags.RemoteAtomic,
            };
            Refused(type, opcode, (_, request) => request, Remote & ~needed);
        }
    }

    [Theory, MemberData(nameof(Types))] // R-RESP-10: all 32 bits of the key; bound; no access by a key that has ended.
    public void AKeyThatIsNotInForceIsRefused(MemoryWindowType type)
    {
        Refused(type, Opcode.RcWriteOnly, (_, request) => request with { Key = request.Key ^ 1 });
        Refused(type, Opcode.RcWriteOnly, (scene, request) =>
        {
            scene.End();
            return request;
        });
        Refused(type, Opcode.RcWriteOnly, (scene, request) =>
        {
            scene.Window.Dispose();
            return request;
        });
    }

    [Theory] // R-RESP-10: the domain counts but for type 2A; the queue pair that bound it counts for type 2.
    [InlineData(MemoryWindowType.Type1, true, false, true)]
    [InlineData(MemoryWindowType.Type1, false, true, false)]
    [InlineData(MemoryWindowType.Type2A, true, false, false)]
    [InlineData(MemoryWindowType.Type2A, false, true, true)]
    [InlineData(MemoryWindowType.Type2B, true, false, false)]
    [InlineData(MemoryWindowType.Type2B, false, true, false)]
    [InlineData(MemoryWindowType.Type2B, true, true, true)]
    public void DomainAndQueuePairDecide(MemoryWindowType type, bool sameDomain, bool sameQueuePair, bool admitted)
    {
        var scene = new Scene(type, bindElsewhere: !sameQueuePair);
        var fault = scene.Regions.TryResolve(scene.Window.RemoteKey, true, sameDomain ? ReceiveSide.Domain : ReceiveSide.Domain + 1,
            scene.Start, 8, AccessFlags.RemoteRead, out _, scene.Side.Context);
        Assert.Equal(admitted ? MemoryKeyFault.None : MemoryKeyFault.Domain, fault);
    }

    [Theory] // R-RESP-10: another queue pair's window is a NAK 2, not a crash or a hole.
    [InlineData(MemoryWindowType.Type2A)]
    [InlineData(MemoryWindowType.Type2B)]
    public void TheWindowOfAnotherQueuePairIsRefused(MemoryWindowType type)
    {
        var scene = new Scene(type, bindElsewhere: true);
        scene.Side.Receive(scene.Legal(Opcode.RcWriteOnly, E));
        Assert.Equal("NAK2 50", scene.Side.Answers());
        Assert.Equal([AsyncEventType.QueuePairAccessError], scene.Side.Events);
    }

    [Theory] // R-RESP-12: in a zero-based window the peer counts from the window's first byte.
    [InlineData(MemoryWindowType.Type2A)]
    [InlineData(MemoryWindowType.Type2B)]
    public void AZeroBasedWindowCountsFromItsOwnStart(MemoryWindowType type)
    {
        var scene = new Scene(type, access: Remote | AccessFlags.ZeroBased);
        scene.Side.Accept(scene.Legal(Opcode.RcWriteOnly, E) with { Address = 3, Payload = [6], Length = 1 });
        Assert.Equal(6, scene.Side.Region[WindowOffset + 3]);
        scene.Side.Receive(scene.Legal(Opcode.RcWriteOnly, E + 1) with { Address = WindowLength, Payload = [6], Length = 1 });
        Assert.Equal("NAK2 51", scene.Side.PollAll()[^1].ToString());
    }

    [Fact] // The key of a window is no L_Key.
    public void AWindowIsNothingForLocalEntries()
    {
        var scene = new Scene(MemoryWindowType.Type1);
        scene.Side.PostReceive(1, new ScatterGatherEntry(scene.Start, 100, scene.Window.RemoteKey));
        scene.Side.Receive(scene.Side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal("NAK3 50", scene.Side.Answers());
    }

    [Theory] // R-RESP-27: a SEND with invalidate ends a window of type 2 that was bound here; then it is FREE.
    [InlineData(MemoryWindowType.Type2A)]
    [InlineData(MemoryWindowType.Type2B)]
    public void APeerMayInvalidateAWindowOfType2(MemoryWindowType type)
    {
        var scene = new Scene(type);
        scene.Side.PostReceive(1, 1000);
        var key = scene.Window.RemoteKey;
        scene.Side.Accept(scene.Side.Legal(Opcode.RcSendOnlyInvalidate, E) with { InvalidateKey = key });
        var completion = Assert.Single(scene.Side.Completions());
        Assert.Equal((WorkCompletionStatus.Success, WorkCompletionFlags.WithInvalidate, key),
            (completion.Status, completion.Flags, completion.InvalidatedKey));
        Assert.False(scene.Window.IsBound);
        scene.Bind();
        Assert.True(scene.Window.IsBound);
        Assert.NotEqual(key, scene.Window.RemoteKey);
    }

    [Theory] // R-RESP-27: what a peer may not end: no NAK, an error for the receive, ERR.
    [InlineData("type 1")]
    [InlineData("type 2A of another queue pair")]
    [InlineData("type 2B of another queue pair")]
    [InlineData("unbound")]
    [InlineData("region with a window")]
    public void WhatAPeerMayNotInvalidateFailsTheReceive(string what)
    {
        var type = what switch
        {
            "type 1" => MemoryWindowType.Type1,
            "type 2A of another queue pair" => MemoryWindowType.Type2A,
            _ => MemoryWindowType.Type2B,
        };
        var scene = new Scene(type, bindElsewhere: what.EndsWith("another queue pair", StringComparison.Ordinal), lent: true);
        var key = what == "region with a window" ? scene.Region.RemoteKey : scene.Window.RemoteKey;
        if (what == "unbound") scene.End();
        scene.Side.PostReceive(1, 1000);
        scene.Side.Receive(scene.Side.Legal(Opcode.RcSendOnlyInvalidate, E) with { InvalidateKey = key });
        Assert.Equal("ACK 50", scene.Side.Answers());
        Assert.Equal(WorkCompletionStatus.RemoteInvalidRequestError, Assert.Single(scene.Side.Completions()).Status);
        Assert.Equal(QueuePairState.Error, scene.Side.Context.State);
        Assert.Equal(what != "unbound", scene.Window.IsBound);
        Assert.True(scene.Region.IsValid);
    }

    [Fact] // R-RESP-14: a window that goes in the middle of a READ: NAK 2 at the PSN that cannot be answered.
    public void AWindowMayDisappearDuringARead()
    {
        var scene = new Scene(MemoryWindowType.Type2B);
        scene.Side.Accept(scene.Legal(Opcode.RcReadRequest, E) with { Length = 1000 });
        Assert.Equal("FIRST 50", scene.Side.Poll()!.ToString());
        scene.End();
        Assert.Equal("NAK2 51", scene.Side.Answers());
    }

    private static void Refused(
        MemoryWindowType type, Opcode opcode, Func<Scene, Request, Request> fault, AccessFlags access = Remote)
    {
        var scene = new Scene(type, access: access);
        scene.Side.Receive(fault(scene, scene.Legal(opcode, E)));
        Assert.Equal("NAK2 50", scene.Side.Answers());
        Assert.Equal([AsyncEventType.QueuePairAccessError], scene.Side.Events);
        Assert.Equal(QueuePairState.Error, scene.Side.Context.State);
        Assert.Equal(-1, scene.Side.Region.IndexOfAnyExcept((byte)0));
        scene.Side.AssertGuardsIntact();
    }

    /// <summary>A responder, and a window over the middle of its region.</summary>
    private sealed class Scene
    {
        private readonly QueuePairContext _binder;
        private readonly AccessFlags _access;

        public Scene(MemoryWindowType type, bool bindElsewhere = false, bool lent = false, AccessFlags access = Remote)
        {
            var domain = new ProtectionDomain(Side.Device, ReceiveSide.Domain);
            _access = access;
            Region = domain.RegisterMemory((nint)Side.RegionAddress, ReceiveSide.RegionLength,
                AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind | Remote, peerMayInvalidate: lent);
            Window = domain.AllocateWindow(type);
            _binder = bindElsewhere ? new ReceiveSide(device: Side.Device).Context : Side.Context;
            Bind();
        }

        public ReceiveSide Side { get; } = new(E, receives: 0);

        public MemoryRegionTable Regions => Side.Regions;

        public MemoryRegion Region { get; }

        public MemoryWindow Window { get; }

        public ulong Start => (_access & AccessFlags.ZeroBased) != 0 ? 0 : Side.RegionAddress + WindowOffset;

        public void Bind() => Assert.True(
            new MemoryWindowBinding(Window, Region, Side.RegionAddress + WindowOffset, WindowLength, _access).TryExecute(_binder));

        public void End() => Assert.True(Window.Type == MemoryWindowType.Type1
            ? new MemoryWindowBinding(Window, null, 0, 0, AccessFlags.None).TryExecute(_binder)
            : Regions.TryInvalidateLocal(Window.RemoteKey, ReceiveSide.Domain));

        public Request Legal(Opcode opcode, uint psn) => Side.Legal(opcode, psn) with { Address = Start, Key = Window.RemoteKey };
    }
}
