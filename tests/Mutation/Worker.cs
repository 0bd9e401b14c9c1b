using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Mutation;

/// <summary>
/// The child process: it runs tests against the mutated assembly as the parent tells it, line by line. <c>cover</c>: which mutants does
/// each test reach. <c>try ID TEST TEST…</c>: do these tests notice the mutant.
/// </summary>
internal sealed class Worker : IDisposable
{
    private readonly TestBench _bench = new(Assembly.Load("Protocol.Tests"));
    private readonly Assembly _protocol = Assembly.Load("RdmaPipeline.Protocol");
    private readonly FieldInfo _active;
    private readonly FieldInfo _reached;
    private readonly MethodInfo _newRecord;

    public Worker()
    {
        var type = _protocol.GetType(MutationSwitch.TypeName, throwOnError: true)!;
        _active = type.GetField("Active")!;
        _reached = type.GetField("Reached")!;
        _newRecord = type.GetMethod("NewRecord")!;
    }

    /// <summary>Serves commands until there are no more.</summary>
    public void Serve(TextReader commands, TextWriter answers)
    {
        answers.WriteLine($"ready {_bench.Tests.Count}");
        while (commands.ReadLine() is { } command)
        {
            var words = command.Split(' ');
            if (words[0] == "cover") Cover(answers);
            else Try(int.Parse(words[1]), [.. words[2..].Select(int.Parse)], answers);
        }
    }

    public void Dispose() => _bench.Dispose();

    // What runs once in a process is reached before any test, and by any.
    private void Cover(TextWriter answers)
    {
        var record = Record();
        foreach (var type in _protocol.GetTypes().Where(type => !type.ContainsGenericParameters))
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        answers.WriteLine($"once {Numbers(record)}");
        for (var test = 0; test < _bench.Tests.Count; test++)
        {
            record = Record();
            var begin = Stopwatch.GetTimestamp();
            var failed = _bench.Run([test]);
            var microseconds = (long)Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            if (failed is not null) answers.WriteLine($"broken {failed}");
            answers.WriteLine($"test {test} {microseconds} {Numbers(record)}");
        }

        _reached.SetValue(null, null);
        answers.WriteLine("covered");
    }

    // The test that noticed a mutant must pass without it, else the mutant has broken this process, and the parent starts another one.
    private void Try(int mutant, int[] tests, TextWriter answers)
    {
        var fromTheStart = (int)_active.GetValue(null)! == mutant;
        _active.SetValue(null, mutant);
        var failed = _bench.Run(tests, () => answers.WriteLine(Program.Alive));
        if (!fromTheStart) _active.SetValue(null, -1);
        var isSound = fromTheStart || failed is null || IsSoundWithout(failed, tests);
        answers.WriteLine(failed is null ? "survived" : isSound ? $"killed {failed}" : $"poisoned {failed}");
    }

    private bool IsSoundWithout(string failed, int[] tests)
    {
        var again = tests.Where(test => _bench.Tests[test].DisplayName == failed).ToArray();
        return again.Length != 0 && _bench.Run(again) is null;
    }

    private bool[] Record()
    {
        var record = (bool[])_newRecord.Invoke(null, null)!;
        _reached.SetValue(null, record);
        return record;
    }

    private static string Numbers(bool[] record) => string.Join(' ', Enumerable.Range(0, record.Length).Where(id => record[id]));
}
