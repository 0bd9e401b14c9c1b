using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>What REG_MR, LOCAL_INV and BIND_MW check, and what comes of it (R-VERB-3, R-VERB-5..7).</summary>
public sealed class MemoryRuleTests
{
    [Fact] // R-VERB-5: REG_MR needs a FREE region.
    public void ARegionThatIsNotFreeCannotBeRegistered()
    {
        var kit = new MemoryKit();
        kit.Post(1, kit.Registration());
        kit.Post(2, kit.Registration());
        kit.Side.Post(3, SendOpcode.Send);
        Assert.Empty(kit.Side.PollAll());
        Assert.Equal("1 Success, 2 LocalQueuePairOperationError, 3 WorkRequestFlushedError", kit.Side.Completed());
        Assert.Equal(QueuePairState.Error, kit.Side.Context.State);
    }

    [Fact] // R-VERB-5: invalidated, it is FREE again, and the consumer chooses the low 8 bits of the next key (R-VERB-3).
    public void AnInvalidatedRegionCanBeRegisteredAgain()
    {
        var kit = new MemoryKit();
        var chosen = kit.Region.LocalKey ^ 0xA5;
        kit.Post(1, kit.Registration(chosen));
        kit.Invalidate(2, chosen);
        kit.Post(3, kit.Registration(chosen ^ 1));
        kit.Side.PollAll();
        Assert.Equal("1 Success, 2 Success, 3 Success", kit.Side.Completed());
        Assert.Equal((chosen ^ 1, true), (kit.Region.LocalKey, kit.Region.IsValid));
        Assert.False(kit.Side.Regions.Contains(chosen));
    }

    [Fact] // R-VERB-5: the same registration may be posted again once it is no longer in force.
    public void ARegistrationCanBeUsedAgain()
    {
        var kit = new MemoryKit();
        var registration = kit.Registration();
        for (ulong i = 0; i < 3; i++)
        {
            kit.Post(2 * i, registration);
            kit.Invalidate((2 * i) + 1, registration.Key);
        }

        kit.Side.PollAll();
        Assert.All(kit.Side.PollCompletions(), c => Assert.Equal(WorkCompletionStatus.Success, c.Status));
    }

    [Fact] // R-VERB-5: same PD as the queue pair.
    public void ARegionOfAnotherDomainCannotBeRegistered()
    {
        var kit = new MemoryKit(domain: SendSide.Domain + 1);
        kit.Post(1, kit.Registration());
        Assert.Empty(kit.Side.PollAll());
        Assert.Equal("1 LocalQueuePairOperationError", kit.Side.Completed());
    }

    [Theory] // R-VERB-5: what LOCAL_INV may not end.
    [InlineData("region")]
    [InlineData("lent region")]
    [InlineData("other variant")]
    [InlineData("free region")]
    [InlineData("other domain")]
    [InlineData("type 1")]
    [InlineData("free window")]
    [InlineData("region with a window")]
    public void WhatCannotBeInvalidatedFails(string what)
    {
        var kit = new MemoryKit();
        var other = new MemoryKit(domain: SendSide.Domain + 1, device: kit.Side.Device);
        kit.Execute(kit.Registration(), kit.Binding(kit.Type2B), kit.Binding(kit.Type1));
        var fast = kit.Registration2(AccessFlags.MemoryWindowBind);
        kit.Execute(fast, new MemoryWindowBinding(kit.Type2A, fast.Region, fast.Address, 8, AccessFlags.RemoteRead));
        kit.Invalidate(1, what switch
        {
            "region" => kit.Bound.LocalKey,
            "lent region" => kit.Domain.RegisterMemory(new byte[8], AccessFlags.RemoteRead, peerMayInvalidate: true).LocalKey,
            "other variant" => kit.Region.LocalKey ^ 1,
            "free region" => kit.Domain.AllocateRegion(MemoryRegionType.FastRegistration, 1).LocalKey,
            "other domain" => other.RegisteredElsewhere(),
            "type 1" => kit.Type1.RemoteKey,
            "free window" => kit.Domain.AllocateWindow(MemoryWindowType.Type2B).RemoteKey,
            _ => fast.Key,
        });
        Assert.Empty(kit.Side.PollAll());
        Assert.Equal("1 LocalQueuePairOperationError", kit.Side.Completed());
        Assert.True(kit.Bound.IsValid && kit.Region.IsValid && kit.Type1.IsBound && kit.Type2A.IsBound);
    }

    [Fact] // R-VERB-5: a window of type 2 becomes FREE.
    public void AWindowOfType2CanBeInvalidated()
    {
        var kit = new MemoryKit();
        foreach (var window in (MemoryWindow[])[kit.Type2A, kit.Type2B])
        {
            kit.Execute(kit.Binding(window));
            Assert.True(window.IsBound);
            kit.Invalidate(1, window.RemoteKey);
            kit.Side.PollAll();
            Assert.False(window.IsBound);
            Assert.False(kit.Bound.Current.HasWindows);
        }
    }

    [Theory] // R-VERB-6, R-VERB-7: each check of a bind that fails.
    [InlineData("region without bind")]
    [InlineData("zero-based region")]
    [InlineData("range before")]
    [InlineData("range behind")]
    [InlineData("range overflow")]
    [InlineData("write without local write")]
    [InlineData("atomic without local write")]
    [InlineData("flush without flush")]
    [InlineData("region invalidated")]
    [InlineData("region disposed of")]
    [InlineData("region of another domain")]
    [InlineData("window of another domain")]
    [InlineData("window disposed of")]
    [InlineData("type 2 bound already")]
    [InlineData("type 2 of no length")]
    public void WhatCannotBeBoundFails(string what)
    {
        var kit = new MemoryKit();
        var binding = kit.BadBinding(what);
        kit.Post(1, binding);
        kit.Side.Post(2, SendOpcode.Send);
        Assert.Empty(kit.Side.PollAll());
        Assert.Equal("1 MemoryWindowBindError, 2 WorkRequestFlushedError", kit.Side.Completed());
        Assert.Equal(QueuePairState.Error, kit.Side.Context.State);
        Assert.Equal(what == "type 2 bound already", kit.Bound.Current.HasWindows);
    }

    [Fact] // R-VERB-7: binding a window of type 1 again ends the key it had; a length of 0 unbinds it.
    public void AWindowOfType1IsBoundAgainAtWill()
    {
        var kit = new MemoryKit();
        var keys = new List<uint> { kit.Type1.RemoteKey };
        for (ulong i = 0; i < 3; i++)
        {
            kit.Execute(kit.Binding(kit.Type1));
            keys.Add(kit.Type1.RemoteKey);
            Assert.Equal([keys[^1]], keys.Where(kit.Side.Regions.Contains));
        }

        Assert.Equal(4, keys.Distinct().Count());
        kit.Execute(new MemoryWindowBinding(kit.Type1, null, 0, 0, AccessFlags.None));
        Assert.DoesNotContain(keys, kit.Side.Regions.Contains);
        Assert.False(kit.Type1.IsBound);
        Assert.False(kit.Bound.Current.HasWindows);
        kit.Bound.Dispose();
    }
}
