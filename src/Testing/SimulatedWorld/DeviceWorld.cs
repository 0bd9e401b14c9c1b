using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;
using Fault = RdmaPipeline.Backends.Decorators.FaultKind;

namespace RdmaPipeline.Testing.SimulatedWorld;

/// <summary>
/// Devices on one in-memory fabric, with the real stage graph on the seeded scheduler (preset Simulated) and virtual time: the same seed
/// and the same calls give the same packets. Minutes of retry timers pass in milliseconds. Used by one thread at a time.
/// </summary>
public sealed class DeviceWorld : IDisposable
{
    /// <summary>The name under which <see cref="FaultCoverage"/> counts what happened here.</summary>
    public const string Preset = "simulated";

    private const ulong HashPrime = 0x100000001B3;

    private readonly ulong _seed;
    private readonly FaultRates _rates;
    private readonly FaultCoverage? _coverage;
    private readonly SeededShards _shards;
    private readonly LoopbackFabric _fabric = new();
    private readonly List<RdmaDevice> _devices = [];
    private readonly List<FaultInjectingBackend> _wires = [];

    /// <summary>Makes a world without devices.</summary>
    /// <param name="seed">Decides every choice; print it with a failure.</param>
    /// <param name="rates">What each device's wire does to what it sends.</param>
    /// <param name="coverage">Where to count which opcode met which fault; null to count nothing.</param>
    public DeviceWorld(ulong seed, FaultRates rates, FaultCoverage? coverage = null)
    {
        (_seed, _rates, _coverage) = (seed, rates, coverage);
        _shards = new SeededShards(seed) { Stepped = CheckLaws };
    }

    /// <summary>The time of all devices.</summary>
    public VirtualTime Time { get; } = new();

    /// <summary>A hash over every packet that was sent, in order, with its time: the same for the same seed and calls.</summary>
    public ulong PacketLogHash { get; private set; } = 0xCBF29CE484222325;

    /// <summary>Packets sent so far.</summary>
    public long Packets { get; private set; }

    /// <summary>Delegates and polls run so far.</summary>
    public long Steps => _shards.Steps;

    /// <summary>Opens one more device.</summary>
    /// <param name="options">How it is built; preset, clock and seed are the world's.</param>
    /// <returns>The device, closed with the world.</returns>
    public RdmaDevice Open(DeviceOptions? options = null)
    {
        var wire = new FaultInjectingBackend(_fabric.Open(), new FaultPlan
        {
            Seed = SplitMix.Mix(_seed + (ulong)_wires.Count),
            Send = _rates,
            ReorderHoldNanoseconds = 50_000,
            MinDelayNanoseconds = 1_000,
            MaxDelayNanoseconds = 200_000,
            Clock = () => Time.Nanoseconds,
            Script = Log,
            Observer = (fault, _, _, packet) => Count(fault, packet),
        });
        _wires.Add(wire);
        var device = RdmaPipelineDevice.Open(wire, (options ?? new DeviceOptions()) with
        {
            Preset = PipelinePreset.Simulated, TimeProvider = Time, Seed = (int)(_seed + (ulong)_devices.Count) & int.MaxValue,
        }, _shards);
        _devices.Add(device);
        return device;
    }

    /// <summary>Runs until something holds, or until nothing happens any more.</summary>
    /// <param name="until">Asked whenever all is at rest, before time moves on, and may start new work; true ends the run.</param>
    /// <param name="limitNanoseconds">Virtual time that must suffice.</param>
    /// <returns>False when the time did not suffice, or nothing is left that could happen.</returns>
    public bool Run(Func<bool> until, long limitNanoseconds)
    {
        ArgumentNullException.ThrowIfNull(until);
        while (true)
        {
            _shards.RunUntilIdle();
            if (until())
                return true;
            if (_shards.Step())
                continue;
            var next = NextDeadline();
            if (next > limitNanoseconds)
                return false;
            Time.MoveTo(Math.Max(next, Time.Nanoseconds));
            _wires.ForEach(wire => wire.AdvanceTo(Time.Nanoseconds));
        }
    }

    /// <summary>Closes all devices and checks that no buffer is left outside its pool.</summary>
    /// <exception cref="SimulationFailureException">A burst leaked.</exception>
    public void Dispose()
    {
        foreach (var device in _devices)
            device.Dispose();
        var leaked = _wires.Sum(wire => wire.Pool.Outstanding);
        if (leaked != 0)
            throw new SimulationFailureException($"seed {_seed}: {leaked} bursts were not returned to their pools");
    }

    private long NextDeadline() => Math.Min(
        _wires.Min(wire => wire.NextDeadlineNanoseconds),
        _devices.Min(device => device.GetPipeline().NextDeadlineNanoseconds));

    private Fault? Log(FaultDirection direction, long ordinal, ReadOnlySpan<byte> packet)
    {
        Packets++;
        Mix((ulong)Time.Nanoseconds);
        foreach (var value in packet)
            Mix(value);
        _coverage?.Record(Preset, (Opcode)packet[0], Simulation.FaultKind.None);
        return null;
    }

    private void Mix(ulong value) => PacketLogHash = (PacketLogHash ^ value) * HashPrime;

    private void Count(Fault fault, ReadOnlySpan<byte> packet) => _coverage?.Record(Preset, (Opcode)packet[0], fault switch
    {
        Fault.Loss => Simulation.FaultKind.Loss,
        Fault.Duplicate => Simulation.FaultKind.Duplication,
        Fault.Corrupt => Simulation.FaultKind.Corruption,
        _ => Simulation.FaultKind.Reordering,
    });

    private void CheckLaws()
    {
        foreach (var device in _devices)
        {
            var violations = device.GetPipeline().CheckLaws();
            if (violations.Count != 0)
                throw new SimulationFailureException($"seed {_seed}, step {Steps}: {string.Join("; ", violations)}");
        }
    }
}
