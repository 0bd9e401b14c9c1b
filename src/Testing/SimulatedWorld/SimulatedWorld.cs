using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;
using LinkFaultKind = RdmaPipeline.Testing.Simulation.FaultKind;

namespace RdmaPipeline.Testing.SimulatedWorld;

/// <summary>
/// Devices with the real stage graph on one in-memory fabric, run by one thread in virtual time: every delegate of every shard is chosen by
/// the seed, so a run repeats packet for packet. Whoever polls a completion queue of such a device takes a step of the whole world.
/// </summary>
public sealed class SimulatedWorld : IDisposable
{
    /// <summary>The name under which faults are counted.</summary>
    public const string Preset = "simulated";

    private readonly SeededShards _shards;
    private readonly SimulatedWorldOptions _options;
    private readonly List<FaultInjectingBackend> _wires = [];
    private readonly DevicePipeline[] _pipelines;

    /// <summary>Makes a world.</summary>
    /// <param name="options">What it is made of.</param>
    public SimulatedWorld(SimulatedWorldOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Devices, 1);
        _options = options;
        _shards = new SeededShards(options.Seed);
        var fabric = new LoopbackFabric($"world-{options.Seed}");
        Devices = [.. Enumerable.Range(0, options.Devices).Select(index => Open(fabric, index))];
        _pipelines = [.. Devices.Select(device => device.GetPipeline())];
        _shards.Stepped = AfterStep;
    }

    /// <summary>The devices.</summary>
    public IReadOnlyList<RdmaDevice> Devices { get; }

    /// <summary>The clock of all.</summary>
    public VirtualTimeProvider Time { get; } = new();

    /// <summary>What went over the wire.</summary>
    public PacketLog Packets { get; } = new();

    /// <summary>Delegates run and polls made.</summary>
    public long Steps => _shards.Steps;

    /// <summary>Runs until something is so.</summary>
    /// <param name="done">Asked between steps; it may post work and poll.</param>
    /// <param name="limit">Virtual time from the world's beginning after which to give up.</param>
    /// <returns>False when the limit was reached, or when nothing will ever happen again and it is still not so.</returns>
    public bool Run(Func<bool> done, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(done);
        while (true)
        {
            // The question may take steps itself, by polling: what came of them has to be asked about again.
            long steps = _shards.Steps;
            if (done())
                return true;
            if (!_shards.Step() && steps == _shards.Steps && !_shards.Step() && !AdvanceTime(limit))
                return false;
        }
    }

    /// <summary>Runs until nothing will ever happen again, or the limit is reached.</summary>
    /// <param name="limit">Virtual time from the world's beginning after which to give up.</param>
    /// <returns>Whether it has come to rest.</returns>
    public bool RunUntilQuiet(TimeSpan limit)
    {
        Run(() => false, limit);
        return NextDeadline() == long.MaxValue;
    }

    /// <summary>Closes the devices and checks that nothing was lost unaccounted and every burst came home.</summary>
    /// <exception cref="SimulationFailureException">Something was.</exception>
    public void Dispose()
    {
        foreach (var device in Devices)
            device.Dispose();
        _shards.Stepped = null;
        CheckLaws();
        int outstanding = _pipelines.Sum(pipeline => pipeline.OutstandingBursts);
        if (outstanding != 0)
            throw new SimulationFailureException($"{outstanding} bursts did not come home");
    }

    private RdmaDevice Open(LoopbackFabric fabric, int index)
    {
        ulong seed = SplitMix.Mix(_options.Seed + ((ulong)index << 32));
        var logged = new PacketLogBackend(fabric.Open(new LoopbackOptions { Device = $"dev{index}", Icrc = true }), Packets, index);
        var wire = new FaultInjectingBackend(logged, new FaultPlan
        {
            Seed = seed,
            Send = _options.Faults,
            ReorderHoldNanoseconds = 40_000,
            MaxDelayNanoseconds = 200_000,
            MinDelayNanoseconds = 1_000,
            Clock = () => Time.Nanoseconds,
            Script = CountAll,
            Observer = Observe,
        });
        _wires.Add(wire);
        var options = _options.Device with { Preset = PipelinePreset.Simulated, Seed = (int)(seed >> 33), TimeProvider = Time };
        return RdmaPipelineDevice.Open(wire, options, new DeviceSeams
        {
            World = _shards, Machine = _options.Machine, InitialPsn = _options.InitialPsn,
        });
    }

    // Every packet counts once as one that was sent; those that meet a fault are counted again under it.
    private Backends.Decorators.FaultKind? CountAll(FaultDirection direction, long ordinal, ReadOnlySpan<byte> transport)
    {
        if (direction == FaultDirection.Send)
            _options.Coverage?.Record(Preset, (Opcode)transport[0], LinkFaultKind.None);
        return null;
    }

    private void Observe(Backends.Decorators.FaultKind kind, FaultDirection direction, long ordinal, ReadOnlySpan<byte> transport)
    {
        var counted = kind switch
        {
            Backends.Decorators.FaultKind.Loss => LinkFaultKind.Loss,
            Backends.Decorators.FaultKind.Duplicate => LinkFaultKind.Duplication,
            Backends.Decorators.FaultKind.Corrupt => LinkFaultKind.Corruption,
            _ => LinkFaultKind.Reordering,
        };
        _options.Coverage?.Record(Preset, (Opcode)transport[0], counted);
    }

    private void AfterStep()
    {
        Time.MoveTo(Time.Nanoseconds + _options.NanosecondsPerStep);
        if (_options.CheckLaws)
            CheckLaws();
    }

    private void CheckLaws()
    {
        foreach (var pipeline in _pipelines)
        {
            var violations = pipeline.CheckLaws();
            if (violations.Count > 0)
                throw new SimulationFailureException($"step {Steps}, {pipeline.Backend.Name}: {string.Join("; ", violations)}");
        }
    }

    private bool AdvanceTime(TimeSpan limit)
    {
        long next = NextDeadline();
        if (next == long.MaxValue || next > limit.Ticks * TimeSpan.NanosecondsPerTick)
            return false;
        Time.MoveTo(Math.Max(next, Time.Nanoseconds));
        return true;
    }

    private long NextDeadline()
    {
        long next = long.MaxValue;
        foreach (var wire in _wires)
            next = Math.Min(next, wire.NextDeadlineNanoseconds);
        foreach (var pipeline in _pipelines)
            next = Math.Min(next, pipeline.NextDeadlineNanoseconds);
        return next;
    }
}
