using System.Diagnostics;

namespace RdmaPipeline.Mutation;

/// <summary>
/// Mutates the Protocol room and runs the tests of tests/Protocol.Tests against every mutant. Arguments: parts of file names to mutate
/// (<c>SendQueue/</c>, <c>top</c> for the files of no folder), all if none is given.
/// </summary>
internal static class Program
{
    public const string WorkerArgument = "--worker";

    /// <summary>What a worker says whenever a test has ended.</summary>
    public const string Alive = "alive";

    private const string Room = "src/Stages/Protocol";
    private const string Top = "top";

    public static int Main(string[] arguments)
    {
        if (arguments is [WorkerArgument])
        {
            var answers = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
            Console.SetOut(TextWriter.Null);
            using var worker = new Worker();
            worker.Serve(Console.In, answers);
            return 0;
        }

        var folder = Directory.CreateTempSubdirectory("mutation-").FullName;
        try
        {
            return Run(arguments, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static int Run(string[] parts, string folder)
    {
        var begin = Stopwatch.GetTimestamp();
        CopyTo(folder);
        var catalogue = new MutantCatalogue(
            file => parts.Length == 0 || parts.Any(part => part == Top ? !file.Contains('/') : file.Contains(part)));
        new MutatedAssembly(Path.Combine(FindRoot(), Room), AppContext.BaseDirectory)
            .Build(catalogue, Path.Combine(folder, MutatedAssembly.FileName));
        var mutants = catalogue.Mutants;
        Console.WriteLine($"{mutants.Count} mutants; {catalogue.Refused} do not compile, {catalogue.Unplaceable} have no place");
        Coverage coverage;
        using (var worker = new WorkerProcess(folder))
            coverage = Coverage.Measure(worker);
        Console.WriteLine($"{coverage.Tests} tests, {coverage.Time.TotalSeconds:f1} s one by one");
        List<Verdict> verdicts = [];
        using (var campaign = new Campaign(folder, coverage))
        {
            foreach (var mutant in mutants)
            {
                var verdict = campaign.Try(mutant);
                verdicts.Add(verdict);
                Console.WriteLine($"{verdict.Outcome}\t{mutant.Id}\t{mutant}\t{verdict.By}");
            }
        }

        Report.WriteSurvivors(verdicts, Console.Out);
        Report.Write(verdicts, Console.Out);
        Console.WriteLine($"{Stopwatch.GetElapsedTime(begin).TotalMinutes:f1} minutes");
        return verdicts.Any(verdict => verdict.Outcome is Outcome.Survived or Outcome.Unreached) ? 1 : 0;
    }

    private static void CopyTo(string folder)
    {
        foreach (var source in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder, Path.GetRelativePath(AppContext.BaseDirectory, source));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(source, target);
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Pipeline.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"no Pipeline.sln above {AppContext.BaseDirectory}");
    }
}
