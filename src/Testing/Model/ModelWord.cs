using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>
/// A word that atomics work on. Each of them returns what it found, so their results must lie behind each other like the links of a chain
/// from the first value to the last, each one once (R-RESP-25); those of unknown outcome may be links or not.
/// </summary>
internal sealed class ModelWord(ulong first)
{
    private readonly List<(ModelOperation Operation, ulong Found)> _done = [];
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
        if (!Explains(first, last, [.. _done], [.. _posted]))
        {
            throw new ModelViolationException(
                $"the word {where} began as {first:x} and is {last:x}: no order of its {_done.Count} atomics explains that");
        }
    }

    private static bool Explains(ulong value, ulong last, List<(ModelOperation Operation, ulong Found)> done, List<ModelOperation> unknown)
    {
        // A comparison that failed, or an addition of 0, leaves the value: it can be taken at once.
        done.RemoveAll(one => one.Found == value && Next(one.Operation, value) == value);
        if (done.Count == 0 && value == last) return true;
        foreach (var one in done.FindAll(one => one.Found == value))
        {
            if (Explains(Next(one.Operation, value), last, done.FindAll(other => other.Operation != one.Operation), unknown)) return true;
        }

        // Of one queue pair they were executed in order, up to some one of them; those that change nothing can be taken at once.
        foreach (var ofOne in unknown.GroupBy(one => one.QueuePair))
        {
            if (ofOne.FirstOrDefault(one => Next(one, value) != value) is not { } first) continue;
            var later = unknown.FindAll(one => one.QueuePair != first.QueuePair || one.Index > first.Index);
            if (Explains(Next(first, value), last, [.. done], later)) return true;
        }

        return false;
    }

    private static ulong Next(ModelOperation operation, ulong value) => operation.Request.Opcode switch
    {
        SendOpcode.FetchAndAdd => unchecked(value + operation.Request.CompareAdd),
        _ => value == operation.Request.CompareAdd ? operation.Request.Swap : value,
    };
}
