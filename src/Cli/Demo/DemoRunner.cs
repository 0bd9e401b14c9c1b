using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Demo;

/// <summary>Executes cases between two ends, the first asking, and compares memory and completions with what the seeds say.</summary>
public sealed class DemoRunner(DemoEnd asking, DemoEnd asked)
{
    private readonly WorkCompletion[] _done = new WorkCompletion[16];
    private readonly DemoAtomics _atomics = new(asking, asked);
    private ulong _seed = 1;

    /// <summary>Runs one case; <paramref name="progress"/> is told how many messages completed each time.</summary>
    public OperationResult Run(DemoCase what, Action<int> progress)
    {
        var verified = true;
        for (var done = 0; done < what.Count;)
        {
            var count = Math.Min(what.Depth, what.Count - done);
            verified &= what.Operation.IsAtomic ? _atomics.Run(what.Operation, count) : Move(what, count, _seed);
            _seed++;
            done += count;
            progress(count);
        }

        return new OperationResult(what.Operation.Name, what.Size, what.Count, what.Bytes, verified);
    }

    /// <summary>Moves <paramref name="count"/> messages side by side.</summary>
    private bool Move(DemoCase what, int count, ulong seed)
    {
        var slots = new DemoSlots(what.Size, count);
        var (source, sink) = what.Operation.Reads ? (asked, asking) : (asking, asked);
        slots.Fill(source.Memory, seed);
        slots.Poison(sink.Memory, seed);
        var lent = what.Operation.Invalidates ? Enumerable.Range(0, count).Select(_ => asked.Lend()).ToArray() : [];
        var keys = Array.ConvertAll(lent, region => region.RemoteKey);
        for (var slot = 0; slot < count; slot++) Post(what, slots, slot, seed, keys.ElementAtOrDefault(slot));
        asking.Await(_done.AsSpan(0, count), $"{what.Operation.Name} of {what.Size} bytes", asked);
        var right = InOrder(count);
        if (what.Operation.TakesReceive) right &= Received(what, count, seed, keys);
        foreach (var region in lent)
        {
            right &= !region.IsValid;
            region.Dispose();
        }

        return right & slots.Verify(sink.Memory, seed);
    }

    private void Post(DemoCase what, DemoSlots slots, int slot, ulong seed, uint key)
    {
        var operation = what.Operation;
        var offset = slots.Offset(slot);
        if (operation.TakesReceive)
            asked.QueuePair.PostReceive(new ReceiveWorkRequest
            {
                WorkRequestId = (ulong)slot, Entry = asked.Entry(offset, operation.TakesMemory ? 0 : what.Size),
            });
        asking.QueuePair.PostSend(new SendWorkRequest
        {
            WorkRequestId = (ulong)slot,
            Opcode = operation.Opcode,
            Entry = asking.Entry(offset, what.Size),
            RemoteAddress = operation.TakesMemory ? asked.Region.Address + (ulong)offset : 0,
            RemoteKey = operation.TakesMemory ? asked.Region.RemoteKey : 0,
            Immediate = operation.HasImmediate ? Immediate(seed, slot) : 0,
            InvalidateKey = key,
        });
    }

    private bool InOrder(int count)
    {
        var right = true;
        for (var i = 0; i < count; i++) right &= _done[i].WorkRequestId == (ulong)i;
        return right;
    }

    private bool Received(DemoCase what, int count, ulong seed, uint[] keys)
    {
        asked.Await(_done.AsSpan(0, count), $"receiving {what.Operation.Name} of {what.Size} bytes", asking);
        var right = InOrder(count);
        for (var slot = 0; slot < count; slot++)
        {
            ref readonly var done = ref _done[slot];
            right &= done.ByteLength == (uint)what.Size;
            if (what.Operation.HasImmediate)
                right &= done.Flags.HasFlag(WorkCompletionFlags.WithImmediate) && done.Immediate == Immediate(seed, slot);
            if (what.Operation.Invalidates)
                right &= done.Flags.HasFlag(WorkCompletionFlags.WithInvalidate) && done.InvalidatedKey == keys[slot];
        }

        return right;
    }

    private static uint Immediate(ulong seed, int slot) => (uint)(seed * 0x9E3779B1 + (ulong)slot);
}
