namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>
/// Ends the process when one input takes longer than any input may: a hang cannot be caught, so the input is printed first.
/// </summary>
internal sealed class FuzzWatch : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _target;
    private readonly Timer _timer;
    private byte[]? _input;
    private long _number;
    private long _seenNumber;
    private int _timesSeen;

    public FuzzWatch(string target)
    {
        _target = target;
        _timer = new Timer(_ => Look(), null, Patience, Patience);
    }

    /// <summary>Another input begins.</summary>
    public void Begin(byte[] input)
    {
        Volatile.Write(ref _input, input);
        Interlocked.Increment(ref _number);
    }

    /// <summary>No input is being tried.</summary>
    public void Rest() => Volatile.Write(ref _input, null);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var (input, number) = (Volatile.Read(ref _input), Interlocked.Read(ref _number));
        _timesSeen = number == _seenNumber && input is not null ? _timesSeen + 1 : 0;
        _seenNumber = number;
        if (_timesSeen < 2 || input is null) return;
        var finding = new FuzzFinding(_target, input, new TimeoutException($"one input takes longer than {Patience}"));
        Console.Error.WriteLine(finding);
        Environment.FailFast(finding.ToString());
    }
}
