using RdmaPipeline.Testing;

namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>
/// Tries inputs of one target. Those that reach new blocks, or the same ones a new number of times, are kept and become parents of others.
/// The seed decides everything but how long it goes on.
/// </summary>
internal sealed class FuzzCampaign : IDisposable
{
    private const int PercentCreated = 15;

    // The first inputs of a process load types and fill pools.
    private const int WarmingInputs = 100;
    private const long WarmingBytes = 1_000_000;

    private readonly IFuzzTarget _target;
    private readonly SplitMix _random;
    private readonly InputMutator _mutator;
    private readonly FuzzWatch _watch;
    private readonly List<byte[]> _kept = [];
    private readonly Dictionary<string, FuzzFinding> _findings = [];

    public FuzzCampaign(IFuzzTarget target, ulong seed)
    {
        (_target, _random) = (target, new SplitMix(seed));
        _mutator = new InputMutator(target, _random);
        _watch = new FuzzWatch(target.Name);
    }

    /// <summary>What was done.</summary>
    public FuzzTally Tally { get; } = new();

    /// <summary>What was reached.</summary>
    public CoverageMap Coverage { get; } = new();

    /// <summary>What fails, each fault once.</summary>
    public IReadOnlyCollection<FuzzFinding> Findings => _findings.Values;

    /// <summary>Inputs that reached something new, oldest first.</summary>
    public IReadOnlyList<byte[]> Kept => _kept;

    /// <summary>Tries given inputs.</summary>
    public void Replay(IEnumerable<byte[]> inputs)
    {
        foreach (var input in inputs) Try(input);
    }

    /// <summary>Tries one more input.</summary>
    public void Step()
    {
        if (_kept.Count == 0 || _random.Chance(PercentCreated)) Try(_mutator.Create());
        else Try(_mutator.Mutate(PickParent(), _kept[_random.Below(_kept.Count)]));
    }

    public void Dispose() => _watch.Dispose();

    // Half of the time one of the newest: what was just reached is the way to what lies behind it.
    private byte[] PickParent()
    {
        var newest = Math.Min(_kept.Count, 32);
        return _random.Chance(50) ? _kept[^(1 + _random.Below(newest))] : _kept[_random.Below(_kept.Count)];
    }

    private void Try(byte[] input)
    {
        if (input.Length < _target.HeaderLength) Array.Resize(ref input, _target.HeaderLength);
        Tally.Inputs++;
        Coverage.Clear();
        var failure = Run(input, Tally);
        if (Coverage.Collect() != 0) _kept.Add(input);
        if (failure is not null) Note(input, failure);
    }

    private Exception? Run(byte[] input, FuzzTally tally)
    {
        _watch.Begin(input);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _target.Run(input, tally);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            var limit = _target.MaxAllocatedBytes + (Tally.Inputs < WarmingInputs ? WarmingBytes : 0);
            return allocated <= limit ? null : new FuzzFailureException($"{allocated} bytes allocated; the limit is {limit}");
        }
        catch (Exception failure)
        {
            return failure;
        }
        finally
        {
            _watch.Rest();
        }
    }

    private void Note(byte[] input, Exception failure)
    {
        var signature = FuzzFinding.SignatureOf(failure);
        if (_findings.ContainsKey(signature)) return;
        var minimiser = new InputMinimiser(_target,
            candidate => Run(candidate, new FuzzTally()) is { } other && FuzzFinding.SignatureOf(other) == signature);
        var smallest = minimiser.Minimise(input);
        var finding = new FuzzFinding(_target.Name, smallest, Run(smallest, new FuzzTally()) ?? failure);
        _findings.Add(signature, finding);
        Console.Error.WriteLine(finding);
    }
}
