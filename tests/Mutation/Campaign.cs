namespace RdmaPipeline.Mutation;

/// <summary>Tries one mutant after the other.</summary>
/// <param name="folder">The folder with the mutated assembly.</param>
/// <param name="coverage">Which tests to run for which mutant.</param>
internal sealed class Campaign(string folder, Coverage coverage) : IDisposable
{
    private const int BudgetFactor = 3;
    private const int MostInOneProcess = 400;

    private static readonly TimeSpan LeastBudget = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan StartBudget = TimeSpan.FromSeconds(30);

    private WorkerProcess? _worker;
    private int _served;

    /// <summary>Tries a mutant.</summary>
    public Verdict Try(Mutant mutant)
    {
        var tests = coverage.TestsFor(mutant.Id);
        if (tests.Count == 0) return new Verdict(mutant, Outcome.Unreached);
        if (coverage.IsReachedOnce(mutant.Id)) return TryAlone(mutant, tests);
        var answer = Ask(mutant, tests);
        if (answer?.StartsWith("poisoned", StringComparison.Ordinal) != true) return Judge(mutant, answer);
        // Perhaps it was broken before, by a mutant that is not this one.
        Restart();
        return Judge(mutant, Ask(mutant, tests));
    }

    public void Dispose() => _worker?.Dispose();

    private Verdict TryAlone(Mutant mutant, IReadOnlyList<int> tests)
    {
        using var worker = new WorkerProcess(folder, mutant.Id);
        return worker.Hear(StartBudget)?.StartsWith("ready", StringComparison.Ordinal) == true
            ? Judge(mutant, Ask(worker, mutant, tests))
            : new Verdict(mutant, Outcome.Killed, "start");
    }

    private string? Ask(Mutant mutant, IReadOnlyList<int> tests)
    {
        if (_served++ == MostInOneProcess) Restart();
        if (_worker is null)
        {
            _worker = new WorkerProcess(folder);
            _worker.Hear(StartBudget);
        }

        var answer = Ask(_worker, mutant, tests);
        if (answer is null or "timeout") Restart();
        return answer;
    }

    private string? Ask(WorkerProcess worker, Mutant mutant, IReadOnlyList<int> tests)
    {
        worker.Tell($"try {mutant.Id} {string.Join(' ', tests)}");
        var budget = LeastBudget + (BudgetFactor * coverage.LongestOf(tests));
        string? answer;
        do answer = worker.Hear(budget);
        while (answer == Program.Alive);
        return answer;
    }

    private void Restart()
    {
        _worker?.Dispose();
        (_worker, _served) = (null, 0);
    }

    private Verdict Judge(Mutant mutant, string? answer) => answer switch
    {
        null => new Verdict(mutant, Outcome.Killed, "the process broke down"),
        "timeout" => new Verdict(mutant, Outcome.TimedOut),
        "survived" => new Verdict(mutant, Outcome.Survived),
        _ => new Verdict(mutant, Outcome.Killed, answer[(answer.IndexOf(' ') + 1)..]),
    };
}
