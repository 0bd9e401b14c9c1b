using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>Draws the work requests of one end.</summary>
internal sealed class SwarmRequests(SwarmEnd end)
{
    private readonly SplitMix _random = end.Device.Random;
    private readonly SwarmPlan _plan = end.Device.Plan;
    private ulong _next;

    /// <summary>One or more that belong together; none when no memory is free.</summary>
    public IReadOnlyList<SwarmRequest> Draw()
    {
        SendOpcode[] known = [.. _plan.Opcodes.Where(IsKnown)];
        var opcode = known.Length == 0 ? SendOpcode.Send : _random.Pick<SendOpcode>(known);
        if (opcode == SendOpcode.BindMemoryWindow) return DrawBind();
        if (opcode == SendOpcode.Flush) return [new SwarmRequest(DrawFlush())];
        if (!end.Sources.TryTake(out var slot)) return [];
        if (opcode == SendOpcode.RegisterMemoryRegion) return DrawRegistered(slot);
        var size = DrawSize(opcode);
        var isInline = CarriesData(opcode) && size != 0 && size <= _plan.Capabilities.MaxInlineData && _random.Chance(30);
        var offset = slot * end.Sources.SlotLength;
        var work = Target(New(opcode, size) with
        {
            Entries = isInline ? default : end.Sources.Split(offset, size, _plan.Capabilities.MaxSendEntries),
            InlineData = isInline ? end.Sources.Bytes(offset, size).ToArray() : default,
        }, size);
        if (_random.Chance(_plan.Mischief)) work = new SwarmMischief(end, _random).Spoil(work, size);
        return [new SwarmRequest(work) { Slot = slot }];
    }

    private static bool CarriesData(SendOpcode opcode) => opcode is SendOpcode.Send or SendOpcode.SendWithImmediate
        or SendOpcode.SendWithInvalidate or SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate or SendOpcode.AtomicWrite;

    private bool IsKnown(SendOpcode opcode) => end.Service switch
    {
        SwarmService.Datagram => opcode is SendOpcode.Send or SendOpcode.SendWithImmediate,
        SwarmService.Unreliable => opcode is SendOpcode.Send or SendOpcode.SendWithImmediate or SendOpcode.RdmaWrite
            or SendOpcode.RdmaWriteWithImmediate,
        // A window that an initiator binds is tied to it, and the peer comes through a target; the rest is of RC alone.
        SwarmService.Extended => opcode is not (SendOpcode.BindMemoryWindow or SendOpcode.AtomicWrite or SendOpcode.Flush),
        _ => true,
    };

    private int DrawSize(SendOpcode opcode)
    {
        if (opcode is SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd or SendOpcode.AtomicWrite) return sizeof(ulong);
        var (mtu, most) = (_plan.Connect.PathMtu!.Value.ToBytes(), end.LargestMessage);
        return Math.Min(most, _random.Below(100) switch
        {
            < 8 => 0,
            < 45 => _random.Between(1, mtu),
            < 60 => mtu * _random.Between(1, 4),
            < 70 => (mtu * _random.Between(1, 4)) + _random.Pick(-1, 1),
            _ => _random.Between(1, most),
        });
    }

    private SendWorkRequest New(SendOpcode opcode, int size) => new()
    {
        WorkRequestId = _next++,
        Opcode = opcode,
        Flags = (_random.Chance(50) ? SendFlags.Signaled : 0) | (_random.Chance(10) ? SendFlags.Fence : 0)
            | (_random.Chance(20) && CarriesData(opcode) ? SendFlags.Solicited : 0),
        Immediate = (uint)_random.Next(),
        Address = end.Way,
        RemoteQueuePair = end.Way is null ? 0 : end.Peer.Receiver.QueuePair.Number,
        RemoteQueueKey = SwarmEnd.QueueKey,
        RemoteSharedReceiveQueue = end.Service == SwarmService.Extended ? end.Peer.Pool.Queue!.Number : 0,
        FlushLength = (uint)size,
    };

    // Where it goes: anywhere in the peer's target, so that they overlap, by the key of the region or of a window.
    private SendWorkRequest Target(SendWorkRequest work, int size)
    {
        var device = end.Peer.Device;
        switch (work.Opcode)
        {
            case SendOpcode.SendWithInvalidate:
                // R-REQ-31: a READ through the window may still be under way.
                return work with { InvalidateKey = end.Peer.Keys.Lend(), Flags = work.Flags | SendFlags.Fence };
            case SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd:
                var words = device.Atomics;
                var word = _random.Below(words.Length / sizeof(ulong)) * sizeof(ulong);
                return work with
                {
                    RemoteAddress = words.Region.Address + (ulong)word, RemoteKey = words.Region.RemoteKey, Swap = _random.Next(),
                    CompareAdd = _random.Chance(50) ? BitConverter.ToUInt64(words.Bytes(word, sizeof(ulong))) : _random.Next(),
                };
            default:
                var target = device.Passing is { } passing && _random.Chance(30) ? passing : device.Target;
                var offset = _random.Below(target.Length - size + 1);
                if (work.Opcode == SendOpcode.AtomicWrite) offset &= -sizeof(ulong);
                var window = end.Service == SwarmService.Extended || target != device.Target ? null : end.Peer.Keys.Usable;
                return work with
                {
                    RemoteAddress = target.Region.Address + (ulong)offset,
                    RemoteKey = window is not null && _random.Chance(60) ? window.RemoteKey : target.Region.RemoteKey,
                };
        }
    }

    private SendWorkRequest DrawFlush() => Target(New(SendOpcode.Flush, _random.Below(end.LargestMessage + 1)) with
    {
        FlushPlacement = (FlushPlacement)_random.Between(1, 3), FlushSelectivity = (FlushSelectivity)_random.Below(2),
    }, end.LargestMessage);

    private IReadOnlyList<SwarmRequest> DrawBind()
    {
        if (end.Keys.Bind() is not { } binding) return [new SwarmRequest(DrawFlush())];
        var work = New(SendOpcode.BindMemoryWindow, 0) with { MemoryOperation = binding };
        return [new SwarmRequest(work) { Done = succeeded => Bound(binding, succeeded) }];
    }

    private void Bound(MemoryWindowBinding binding, bool succeeded)
    {
        if (succeeded) end.Keys.Bound(binding.Window);
    }

    // R-REQ-30: a registration, a work request that needs it at once, an invalidation that must wait for it; no fence in between.
    private IReadOnlyList<SwarmRequest> DrawRegistered(int slot)
    {
        var (offset, size) = (slot * end.Sources.SlotLength, Math.Max(1, DrawSize(SendOpcode.RdmaWrite)));
        if (end.Keys.Register(offset, size) is not { } registration)
        {
            var plain = New(SendOpcode.Send, size) with { Entries = end.Sources.Split(offset, size, _plan.Capabilities.MaxSendEntries) };
            return [new SwarmRequest(plain) { Slot = slot }];
        }

        var register = New(SendOpcode.RegisterMemoryRegion, 0) with { MemoryOperation = registration };
        ScatterGatherEntry[] entries = [.. end.Sources.Split(offset, size, _plan.Capabilities.MaxSendEntries)
            .Select(entry => entry with { LocalKey = registration.Key })];
        var opcode = _random.Pick(SendOpcode.Send, SendOpcode.RdmaWrite, SendOpcode.RdmaRead);
        var transfer = Target(New(opcode, size) with { Entries = entries }, size);
        var invalidate = New(SendOpcode.LocalInvalidate, 0) with { InvalidateKey = registration.Key };
        return
        [
            new SwarmRequest(register),
            new SwarmRequest(transfer),
            new SwarmRequest(invalidate) { Slot = slot, Done = succeeded => Invalidated(succeeded) },
        ];
    }

    private void Invalidated(bool succeeded)
    {
        if (succeeded) end.Keys.Invalidated();
    }
}
