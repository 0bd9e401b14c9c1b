namespace RdmaPipeline.Mutation;

/// <summary>Which mutants each test reaches, and how long it takes.</summary>
internal sealed class Coverage
{
    private readonly HashSet<int> _once = [];
    private readonly List<(int Test, long Microseconds, HashSet<int> Reached)> _tests = [];

    /// <summary>How many tests there are.</summary>
    public int Tests => _tests.Count;

    /// <summary>Time of all of them.</summary>
    public TimeSpan Time => TimeSpan.FromMicroseconds(_tests.Sum(test => test.Microseconds));

    /// <summary>Runs every test of a worker by itself.</summary>
    /// <exception cref="InvalidOperationException">A test fails without any mutant.</exception>
    public static Coverage Measure(WorkerProcess worker)
    {
        var budget = TimeSpan.FromMinutes(10);
        var coverage = new Coverage();
        worker.Hear(budget);
        worker.Tell("cover");
        while (worker.Hear(budget) is { } line and not "covered")
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "once") coverage._once.UnionWith(words[1..].Select(int.Parse));
            else if (words[0] == "test")
                coverage._tests.Add((int.Parse(words[1]), long.Parse(words[2]), [.. words[3..].Select(int.Parse)]));
            else throw new InvalidOperationException($"without any mutant: {line}");
        }

        coverage._tests.Sort((left, right) => left.Microseconds.CompareTo(right.Microseconds));
        return coverage;
    }

    /// <summary>Whether a mutant is reached when a class is made ready, once in a process.</summary>
    public bool IsReachedOnce(int mutant) => _once.Contains(mutant);

    /// <summary>The tests that may notice a mutant, the fastest first: all tests where it is in what runs once.</summary>
    public IReadOnlyList<int> TestsFor(int mutant) =>
    [
        .. _tests.Where(test => _once.Contains(mutant) || test.Reached.Contains(mutant)).Select(test => test.Test),
    ];

    /// <summary>The time of the longest of some tests.</summary>
    public TimeSpan LongestOf(IReadOnlyList<int> tests)
    {
        var set = tests.ToHashSet();
        return TimeSpan.FromMicroseconds(_tests.Where(test => set.Contains(test.Test)).Max(test => test.Microseconds));
    }
}
