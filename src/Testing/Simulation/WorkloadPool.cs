using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// A shared receive queue and the slots of memory that are posted to it over and over. Which message lands in which slot is chance; what
/// must lie there follows from the completions.
/// </summary>
internal sealed class WorkloadPool
{
    private const int MostEntries = 8;

    private readonly SplitMix _random;
    private readonly int _slotLength;
    private readonly int[] _slots;
    private readonly bool[] _isPosted;
    private readonly Queue<int> _free;

    /// <param name="queue">The queue; its domain holds the memory.</param>
    /// <param name="random">Decides how the slots are cut into entries.</param>
    /// <param name="slots">How many slots there are: receives posted, being filled, or completed and not polled.</param>
    /// <param name="slotLength">The longest message.</param>
    public WorkloadPool(SharedReceiveQueue queue, SplitMix random, int slots, int slotLength)
    {
        (Queue, _random, _slotLength) = (queue, random, slotLength);
        Memory = new WorkloadMemory(random.Next());
        _slots = [.. Enumerable.Range(0, slots).Select(_ => Memory.Allocate(slotLength))];
        _isPosted = new bool[slots];
        _free = new Queue<int>(Enumerable.Range(0, slots));
        Memory.Register(queue.ProtectionDomain, iova: 0);
    }

    public SharedReceiveQueue Queue { get; }

    public WorkloadMemory Memory { get; }

    /// <summary>Posts a free slot.</summary>
    /// <returns>False when none is free, or the queue is full.</returns>
    public bool Post()
    {
        if (!_free.TryPeek(out var slot)) return false;
        var request = new ReceiveWorkRequest
        {
            WorkRequestId = (ulong)slot, Entries = Memory.Split(_random, _slots[slot], _slotLength, MostEntries),
        };
        if (!Queue.TryPostReceive(request)) return false;
        _isPosted[_free.Dequeue()] = true;
        return true;
    }

    /// <summary>Takes a slot back from a completion, checks the message in it, and writes down that it must stay there.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? Complete(in WorkCompletion completion, WorkloadOperation operation)
    {
        var slot = (int)completion.WorkRequestId;
        if (completion.WorkRequestId >= (ulong)_slots.Length || !_isPosted[slot])
            return $"receive completion {completion.WorkRequestId} though it is not posted";
        _isPosted[slot] = false;
        _free.Enqueue(slot);
        // R-RESP-23: a WRITE with immediate touches none of it.
        if (!operation.IsSend) return null;
        Memory.Expect(_slots[slot], operation.Size, operation.Seed);
        var mismatch = PatternGenerator.FindMismatch(Memory.Slot(_slots[slot], operation.Size), operation.Seed);
        return mismatch < 0 ? null : $"byte {mismatch} of {operation} in slot {slot}";
    }
}
