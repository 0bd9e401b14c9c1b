using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>Draws the operations of one direction, lays out their memory, and writes down what must come of them.</summary>
internal sealed class WorkloadPlan(WorkloadSettings settings, SplitMix random, WorkloadMemory local, WorkloadEnd responder)
{
    private const int ContendedLength = 1500;
    private const int WordCount = 3;
    private const int LargeMessageMtus = 16;

    // The last of these are not of XRC, or in vain: a window that an initiator binds is tied to it, and the peer comes through a target.
    private const int OnlyReliable = 3;

    private static readonly SendOpcode[] Opcodes =
    [
        SendOpcode.Send, SendOpcode.Send, SendOpcode.SendWithImmediate, SendOpcode.SendWithInvalidate,
        SendOpcode.RdmaWrite, SendOpcode.RdmaWrite, SendOpcode.RdmaWriteWithImmediate,
        SendOpcode.RdmaRead, SendOpcode.RdmaRead, SendOpcode.CompareAndSwap, SendOpcode.FetchAndAdd,
        SendOpcode.AtomicWrite, SendOpcode.Flush, SendOpcode.BindMemoryWindow,
    ];

    private readonly int _mtu = settings.Connect.PathMtu!.Value.ToBytes();
    private readonly WorkloadMemory _remote = responder.Memory;
    private readonly int _contended = responder.Memory.Allocate(ContendedLength);
    private readonly (int Offset, ulong Value)[] _words = new (int, ulong)[WordCount];

    public List<WorkloadOperation> Draw(int count)
    {
        Span<byte> first = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < WordCount; i++)
        {
            _words[i] = (_remote.Allocate(sizeof(ulong), sizeof(ulong)), 0);
            var seed = random.Next();
            _remote.Begin(_words[i].Offset, sizeof(ulong), seed);
            PatternGenerator.Fill(first, seed);
            _words[i].Value = BitConverter.ToUInt64(first);
        }

        var plan = new List<WorkloadOperation>(count);
        while (plan.Count < count)
        {
            if (random.Chance(4)) DrawFastRegistered(plan);
            else plan.Add(Flagged(DrawOperation((ulong)plan.Count)));
        }

        foreach (var (offset, value) in _words) _remote.ExpectWord(offset, value);
        plan[^1].Flags |= SendFlags.Signaled;
        return plan;
    }

    private WorkloadOperation DrawOperation(ulong id)
    {
        var opcode = random.Pick(Opcodes.AsSpan(0, Opcodes.Length - (settings.Receives == WorkloadReceives.Extended ? OnlyReliable : 0)));
        return opcode switch
        {
            SendOpcode.BindMemoryWindow => new WorkloadOperation(id, opcode, 0, random.Next()),
            SendOpcode.Flush => DrawFlush(id),
            SendOpcode.AtomicWrite => DrawAtomicWrite(id),
            _ => DrawTransfer(id, opcode, mayBeInline: true),
        };
    }

    private WorkloadOperation DrawTransfer(ulong id, SendOpcode opcode, bool mayBeInline) => opcode switch
    {
        SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd => DrawAtomic(id, opcode),
        SendOpcode.RdmaRead => DrawRead(id),
        SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate => DrawWrite(id, opcode, mayBeInline),
        _ => DrawSend(id, opcode, mayBeInline),
    };

    private WorkloadOperation Flagged(WorkloadOperation operation)
    {
        if (random.Chance(50)) operation.Flags |= SendFlags.Signaled;
        if (random.Chance(15)) operation.Flags |= SendFlags.Fence;
        if (random.Chance(25)) operation.Flags |= SendFlags.Solicited;
        if (responder.Pools.Count > 1) operation.Pool = random.Below(responder.Pools.Count);
        return operation;
    }

    // R-REQ-30: a registration, a work request that needs it at once, an invalidation that must wait for it; no fence in between.
    private void DrawFastRegistered(List<WorkloadOperation> plan)
    {
        var id = (ulong)plan.Count;
        var opcode = random.Pick(SendOpcode.Send, SendOpcode.RdmaWrite, SendOpcode.RdmaRead, SendOpcode.FetchAndAdd);
        var transfer = DrawTransfer(id + 1, opcode, mayBeInline: false) with { IsFastRegistered = true };
        plan.Add(new WorkloadOperation(id, SendOpcode.RegisterMemoryRegion, transfer.Size, 0) { LocalOffset = transfer.LocalOffset });
        plan.Add(transfer);
        plan.Add(new WorkloadOperation(id + 2, SendOpcode.LocalInvalidate, 0, 0));
    }

    /// <summary>The longest message that a plan may hold.</summary>
    public static int LargestMessage(WorkloadSettings settings) => LargeMessageMtus * settings.Connect.PathMtu!.Value.ToBytes();

    private int DrawSize() => random.Below(100) switch
    {
        < 8 => 0,
        < 40 => random.Between(1, _mtu),
        < 55 => _mtu * random.Between(1, 4),
        < 97 => random.Between(_mtu + 1, 4 * _mtu),
        _ => random.Between(1, LargeMessageMtus * _mtu),
    };

    private WorkloadOperation DrawSend(ulong id, SendOpcode opcode, bool mayBeInline)
    {
        var (size, seed) = (DrawSize(), random.Next());
        var capacity = size + (random.Chance(50) ? random.Below(100) : 0);
        // Where it lands in a pool is seen when it completes.
        var slot = responder.Pools.Count != 0 ? 0 : _remote.Allocate(capacity);
        if (responder.Pools.Count == 0) _remote.Expect(slot, size, seed);
        return Source(new WorkloadOperation(id, opcode, size, seed)
        {
            RemoteOffset = slot, ReceiveCapacity = capacity, Immediate = (uint)random.Next(), IsInline = mayBeInline && DrawInline(size),
        });
    }

    private WorkloadOperation DrawWrite(ulong id, SendOpcode opcode, bool mayBeInline)
    {
        var isContended = random.Chance(20);
        var (size, seed) = (isContended ? random.Below(ContendedLength / 2) : DrawSize(), random.Next());
        var target = isContended ? _contended + random.Below(ContendedLength / 2) : _remote.Allocate(size);
        _remote.Expect(target, size, seed);
        return Source(new WorkloadOperation(id, opcode, size, seed)
        {
            RemoteOffset = target, IsContended = isContended, Immediate = (uint)random.Next(), IsInline = mayBeInline && DrawInline(size),
            ReceiveCapacity = opcode == SendOpcode.RdmaWriteWithImmediate ? random.Below(16) : -1,
        });
    }

    private WorkloadOperation DrawRead(ulong id)
    {
        var (size, seed) = (DrawSize(), random.Next());
        var operation = new WorkloadOperation(id, SendOpcode.RdmaRead, size, seed)
        {
            LocalOffset = local.Allocate(size), RemoteOffset = _remote.Allocate(size),
        };
        _remote.Begin(operation.RemoteOffset, size, seed);
        local.Expect(operation.LocalOffset, size, seed);
        return operation;
    }

    private WorkloadOperation DrawAtomic(ulong id, SendOpcode opcode)
    {
        ref var word = ref _words[random.Below(WordCount)];
        var isSwap = opcode == SendOpcode.CompareAndSwap;
        var operation = new WorkloadOperation(id, opcode, sizeof(ulong), random.Next())
        {
            LocalOffset = local.Allocate(sizeof(ulong)), RemoteOffset = word.Offset, Original = word.Value,
            CompareAdd = isSwap && random.Chance(60) ? word.Value : random.Next(), Swap = random.Next(),
        };
        local.ExpectWord(operation.LocalOffset, word.Value);
        if (!isSwap) word.Value = unchecked(word.Value + operation.CompareAdd);
        else if (operation.CompareAdd == word.Value) word.Value = operation.Swap;
        return operation;
    }

    private WorkloadOperation DrawAtomicWrite(ulong id)
    {
        var (target, seed) = (_remote.Allocate(sizeof(ulong), sizeof(ulong)), random.Next());
        _remote.Expect(target, sizeof(ulong), seed);
        return Source(new WorkloadOperation(id, SendOpcode.AtomicWrite, sizeof(ulong), seed)
        {
            RemoteOffset = target, IsInline = DrawInline(sizeof(ulong)),
        });
    }

    private WorkloadOperation DrawFlush(ulong id) => new(id, SendOpcode.Flush, random.Below(ContendedLength), 0)
    {
        RemoteOffset = _contended, Placement = (FlushPlacement)random.Between(1, 3), Selectivity = (FlushSelectivity)random.Below(2),
    };

    private bool DrawInline(int size) => size <= settings.Capabilities.MaxInlineData && size != 0 && random.Chance(40);

    // A source may be used again once its work request has completed: it is overwritten then, and stays so.
    private WorkloadOperation Source(WorkloadOperation operation)
    {
        if (operation.IsInline) return operation;
        operation = operation with { LocalOffset = local.Allocate(operation.Size) };
        local.Begin(operation.LocalOffset, operation.Size, operation.Seed);
        local.Expect(operation.LocalOffset, operation.Size, ~operation.Seed);
        return operation;
    }
}
