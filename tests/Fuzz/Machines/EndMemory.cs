using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>The regions and windows of one end, and the keys that a work request or a packet may name.</summary>
internal sealed class EndMemory
{
    private const AccessFlags Remote = AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private readonly MemoryArena _arena;
    private readonly MemoryRegion[] _regions;
    private readonly MemoryRegion _fast;
    private FastRegistration? _registration;

    public EndMemory(MemoryArena arena, ProtectionDomain domain, ProtectionDomain foreign, bool fromZero)
    {
        _arena = arena;
        arena.Renew();
        var all = AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind | Remote;
        _regions =
        [
            Register(domain, 0, all, fromZero ? 0 : null),
            Register(domain, 1, AccessFlags.LocalWrite, null),
            Register(domain, 2, AccessFlags.LocalWrite | AccessFlags.RemoteWrite, null, mayBeInvalidated: true),
            Register(foreign, MemoryArena.ForeignArea, all, null),
            Register(domain, 5, AccessFlags.RemoteRead | AccessFlags.FlushGlobal, null),
        ];
        _fast = domain.AllocateRegion(MemoryRegionType.FastRegistration, 4);
        Window = domain.AllocateWindow(fromZero ? MemoryWindowType.Type1 : MemoryWindowType.Type2B);
    }

    public MemoryWindow Window { get; }

    /// <summary>The region that the peer may use in every way.</summary>
    public MemoryRegion Shared => _regions[0];

    /// <summary>The region that receives and answers go to.</summary>
    public MemoryRegion Sink => _regions[1];

    /// <summary>A region by choice; most choices give one that is good for what is wanted.</summary>
    public MemoryRegion Choose(int choice) => _regions[choice switch { < 10 => 0, 10 or 11 => 2, 12 => 1, 13 => 3, _ => 4 }];

    /// <summary>A key and the address where what it covers begins.</summary>
    public (uint Key, ulong Start) Key(int choice)
    {
        if (choice < 10 || choice is >= 14 and < 20) return Of(Choose(choice % 16));
        return choice switch
        {
            10 or 11 => Of(_regions[2]),
            12 => Of(_regions[1]),
            13 => Of(_regions[3]),
            < 24 => (Window.RemoteKey, Shared.Address),
            < 27 => (_registration?.Key ?? _fast.LocalKey, _registration?.Address ?? 0),
            27 => (Shared.LocalKey ^ 1, Shared.Address),
            28 => (Shared.LocalKey ^ 0x100, Shared.Address),
            29 => (0, Shared.Address),
            30 => (Window.RemoteKey ^ 3, Shared.Address),
            _ => (uint.MaxValue, 0),
        };
    }

    /// <summary>An entry of a work request of this end. Some are wrong.</summary>
    public ScatterGatherEntry Entry(int choice, uint offset, uint length)
    {
        var region = Choose(choice & 15);
        offset = Math.Min(offset, MemoryArena.AreaLength);
        if (choice < 240) length = Math.Min(length, MemoryArena.AreaLength - offset);
        var entry = new ScatterGatherEntry(region.Address + offset, length, region.LocalKey);
        return choice switch
        {
            255 => entry with { LocalKey = entry.LocalKey ^ 1 },
            254 => entry with { Address = ulong.MaxValue - 3 },
            253 => entry with { LocalKey = 0 },
            _ => entry,
        };
    }

    /// <summary>A bind of the window.</summary>
    public MemoryWindowBinding Bind(ref RecordReader choices)
    {
        var (offset, length) = (choices.UInt16() % MemoryArena.AreaLength, choices.UInt16() % (2 * MemoryArena.AreaLength));
        return new MemoryWindowBinding(Window, Choose(choices.Below(16)), Shared.Address + offset, length,
            choices.OneIn(4) ? (AccessFlags)choices.Byte() : Remote & (Shared.Access | AccessFlags.RemoteRead));
    }

    /// <summary>A registration of pages of the areas that may be written.</summary>
    public FastRegistration FastRegister(ref RecordReader choices)
    {
        var area = choices.Below(3);
        _fast.Map([new MemoryPiece(_arena[area], MemoryArena.AreaLength)], iova: choices.OneIn(2) ? 0x10000 : null);
        return _registration = new FastRegistration(_fast, AccessFlags.LocalWrite | (choices.OneIn(4) ? AccessFlags.None : Remote));
    }

    /// <summary>Changes or ends something that work may be using.</summary>
    public void Disturb(ref RecordReader choices)
    {
        switch (choices.Below(6))
        {
            case 0: Choose(choices.Below(16)).Dispose(); break;
            case 1: Window.Dispose(); break;
            case 2: _fast.Dispose(); break;
            case 3: Shared.Reregister(access: AccessFlags.LocalWrite | AccessFlags.RemoteRead); break;
            case 4: Shared.Reregister(access: AccessFlags.LocalWrite | AccessFlags.MemoryWindowBind | Remote); break;
            default: Shared.Reregister(_arena[1], MemoryArena.AreaLength / 2); break;
        }
    }

    private static (uint Key, ulong Start) Of(MemoryRegion region) => (region.LocalKey, region.Address);

    private MemoryRegion Register(ProtectionDomain domain, int area, AccessFlags access, ulong? iova, bool mayBeInvalidated = false) =>
        domain.RegisterMemory(_arena[area], MemoryArena.AreaLength, access, iova, mayBeInvalidated);
}
