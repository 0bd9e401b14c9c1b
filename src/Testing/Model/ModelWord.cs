using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>
/// A word that atomics work on. Each of them returns what it found, so their results must lie behind each other like the links of a chain
/// from the first value to the last, each one once (R-RESP-25). Those of one queue pair were executed in order (R-REQ-31), up to some one
/// of those of unknown outcome.
/// </summary>
internal sealed class ModelWord(ulong first)
{
    private readonly List<(ModelOperation Operation, ulong? Found)> _done = [];
    private readonly List<ModelOperation> _posted = [];

    public void Begin(ModelOperation operation) => _posted.Add(operation);

    public void Complete(ModelOperation operation, ulong found)
    {
        _posted.Remove(operation);
        _done.Add((operation, found));
    }

    /// <summary>It was refused.</summary>
    public void Abandon(ModelOperation operation) => _posted.Remove(operation);

    public void Check(ulong last, string where)
    {
        if (!new Chains(_done.Concat(_posted.Select(operation => (operation, (ulong?)null))), last).Exist(first))
        {
            throw new ModelViolationException(
                $"the word {where} began as {first:x} and is {last:x}: no order of its {_done.Count} atomics explains that");
        }
    }

    private static ulong Next(ModelOperation operation, ulong value) => operation.Request.Opcode switch
    {
        SendOpcode.FetchAndAdd => unchecked(value + operation.Request.CompareAdd),
        _ => value == operation.Request.CompareAdd ? operation.Request.Swap : value,
    };

    /// <summary>
    /// The search for an order: from each state, which is the value and how far each queue pair has come, once. Orders are many more.
    /// </summary>
    private sealed class Chains(IEnumerable<(ModelOperation Operation, ulong? Found)> atomics, ulong last)
    {
        private readonly (ModelOperation Operation, ulong? Found)[][] _queues =
            [.. atomics.GroupBy(one => one.Operation.QueuePair).Select(queue => queue.OrderBy(one => one.Operation.Index).ToArray())];

        private readonly HashSet<(ulong Value, UInt128 Taken)> _seen = [];

        public bool Exist(ulong value) => Exist(value, new int[_queues.Length]);

        private bool Exist(ulong value, int[] taken)
        {
            if (!_seen.Add((value, Number(taken)))) return false;
            if (value == last && IsEnd(taken)) return true;
            for (var i = 0; i < taken.Length; i++)
            {
                if (taken[i] == _queues[i].Length) continue;
                var (operation, found) = _queues[i][taken[i]];
                if (found is { } known && known != value) continue;
                taken[i]++;
                if (Exist(Next(operation, value), taken)) return true;
                taken[i]--;
            }

            return false;
        }

        private bool IsEnd(int[] taken) => !_queues.Where((queue, i) => queue.Skip(taken[i]).Any(one => one.Found is not null)).Any();

        private UInt128 Number(int[] taken)
        {
            UInt128 number = 0;
            for (var i = 0; i < taken.Length; i++) number = checked((number * (uint)(_queues[i].Length + 1)) + (uint)taken[i]);
            return number;
        }
    }
}
