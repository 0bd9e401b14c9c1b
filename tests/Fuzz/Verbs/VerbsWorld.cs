using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>
/// Two devices of the Simulated preset on one in-memory fabric, run by one thread in virtual time. The laws are checked after every step.
/// Small, because one is made for each input.
/// </summary>
internal sealed class VerbsWorld : IDisposable
{
    private const long NanosecondsPerStep = 50;

    private readonly SeededShards _shards;
    private readonly VerbsClock _clock = new();
    private readonly List<FaultInjectingBackend> _wires = [];
    private readonly DevicePipeline[] _pipelines;

    public VerbsWorld(ulong seed, int shards, LinkType link, FaultRates faults)
    {
        _shards = new SeededShards(seed);
        Devices = [.. Enumerable.Range(0, 2).Select(index => Open(seed + (ulong)index, index, shards, link, faults))];
        _pipelines = [.. Devices.Select(device => device.GetPipeline())];
        _shards.Stepped = AfterStep;
    }

    public RdmaDevice[] Devices { get; }

    /// <summary>The fabric, on which a third port may be opened.</summary>
    public LoopbackFabric Fabric { get; } = new("fuzz");

    /// <summary>Takes some steps, or fewer when nothing is left to do.</summary>
    public void Run(int steps)
    {
        for (; steps > 0; steps--)
        {
            if (!_shards.Step() && !AdvanceTime(long.MaxValue)) return;
        }
    }

    /// <summary>Runs until something is so.</summary>
    /// <returns>False when nothing will ever happen again, and it is not.</returns>
    public bool RunUntil(Func<bool> isSo)
    {
        while (!isSo())
        {
            if (!_shards.Step() && !_shards.Step() && !AdvanceTime(long.MaxValue)) return isSo();
        }

        return true;
    }

    /// <summary>Runs until nothing will ever happen again.</summary>
    /// <returns>False when the time was reached before.</returns>
    public bool RunUntilQuiet(TimeSpan patience)
    {
        var limit = _clock.Nanoseconds + (patience.Ticks * TimeSpan.NanosecondsPerTick);
        while (_shards.Step() || _shards.Step() || AdvanceTime(limit))
        {
        }

        return NextDeadline() == long.MaxValue;
    }

    /// <summary>Closes the devices: nothing is unaccounted for, and every burst is home.</summary>
    public void Dispose()
    {
        foreach (var device in Devices) device.Dispose();
        _shards.Stepped = null;
        CheckLaws();
        var outstanding = _pipelines.Sum(pipeline => pipeline.OutstandingBursts);
        if (outstanding != 0) throw new FuzzFailureException($"{outstanding} bursts did not come home");
    }

    private RdmaDevice Open(ulong seed, int index, int shards, LinkType link, FaultRates faults)
    {
        var port = Fabric.Open(new LoopbackOptions { Device = $"dev{index}", Icrc = true, LinkType = link });
        var wire = new FaultInjectingBackend(port, new FaultPlan
        {
            Seed = seed, Send = faults, ReorderHoldNanoseconds = 40_000, MaxDelayNanoseconds = 200_000, MinDelayNanoseconds = 1_000,
            Clock = () => _clock.Nanoseconds,
        });
        _wires.Add(wire);
        var options = new DeviceOptions
        {
            Preset = PipelinePreset.Simulated, Seed = (int)seed, TimeProvider = _clock, ShardCount = shards, PkeyTableLength = 4,
        };
        return RdmaPipelineDevice.Open(wire, options, new DeviceSeams { World = _shards });
    }

    private void AfterStep()
    {
        _clock.Nanoseconds += NanosecondsPerStep;
        CheckLaws();
    }

    private void CheckLaws()
    {
        foreach (var pipeline in _pipelines)
        {
            var violations = pipeline.CheckLaws();
            if (violations.Count != 0) throw new FuzzFailureException($"a law is broken: {violations[0]}");
        }
    }

    private bool AdvanceTime(long limit)
    {
        var next = NextDeadline();
        if (next == long.MaxValue || next > limit) return false;
        _clock.Nanoseconds = Math.Max(next, _clock.Nanoseconds);
        return true;
    }

    private long NextDeadline() => Math.Min(
        _wires.Min(wire => wire.NextDeadlineNanoseconds), _pipelines.Min(pipeline => pipeline.NextDeadlineNanoseconds));
}
