using RdmaPipeline.Testing.Model;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>
/// One seed: two devices with the real graph in virtual time, whatever services, sizes, faults and limits the seed draws, and every
/// completion, byte and state judged by the reference model, every packet by <see cref="WireAudit"/>, every edge by the laws of the graph.
/// </summary>
public sealed class SwarmRun
{
    // One look at all memory in so many steps; all that a completion concerns is looked at when it comes.
    private const int MemoryPeriod = 64;
    private const int PatienceAtRest = 200;
    private const long CaptureBytes = 64 << 20;

    // Far more than a seed takes: who runs in circles is found out.
    private const long MaxSteps = 10_000_000;

    /// <summary>Virtual time that no seed may need: nothing hangs.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(600);

    private readonly SwarmPlan _plan;
    private readonly SplitMix _random;
    private readonly WireAudit _audit = new();
    private readonly List<SwarmEnd> _ends = [];
    private readonly RdmaTestFabric _fabric;
    private readonly SwarmDevice[] _devices;
    private long _steps;

    private SwarmRun(SwarmPlan plan, long captureBytes)
    {
        (_plan, _random) = (plan, new SplitMix(plan.Seed));
        _fabric = new RdmaTestFabric(new RdmaTestFabricOptions
        {
            Seed = plan.Seed, CaptureBytes = captureBytes, MaxSteps = MaxSteps, TestName = nameof(SwarmRun),
            ReplayLine = ReplayLine(plan.Seed),
        });
        _fabric.PacketSent += packet => _audit.Look(packet.Source.Number, packet.Transport);
        var host = new FabricHostOptions
        {
            Device = plan.Device, Preset = plan.Device.Preset, Machine = plan.Machine, InitialPsn = plan.InitialPsn,
            ReceiveRing = plan.ReceiveRing,
        };
        FabricHost[] hosts = [_fabric.AddHost(options: host), _fabric.AddHost(options: host)];
        Join(hosts[0], hosts[1]);
        _devices = [.. hosts.Select(one => new SwarmDevice(one.Device, plan, new SplitMix(_random.Next())))];
        foreach (var service in plan.Services) Connect(service);
    }

    /// <summary>Runs a seed.</summary>
    /// <param name="seed">Any value; the same gives the same run.</param>
    /// <exception cref="SwarmViolationException">The transport, or the model, is wrong.</exception>
    public static SwarmResult Run(ulong seed)
    {
        try
        {
            return Run(seed, captureBytes: 0);
        }
        catch (SwarmViolationException)
        {
            // Once more, for the capture: to keep every packet of every seed would cost too much.
            Run(seed, CaptureBytes);
            throw;
        }
    }

    /// <summary>The command that runs a seed again.</summary>
    /// <param name="seed">The seed.</param>
    internal static string ReplayLine(ulong seed) => $"rdmapipe soak --seed {seed} --seeds 1";

    private static SwarmResult Run(ulong seed, long captureBytes)
    {
        var plan = SwarmPlan.Draw(seed);
        SwarmRun? run = null;
        try
        {
            run = new SwarmRun(plan, captureBytes);
            return run.Run();
        }
        catch (Exception violation)
        {
            throw new SwarmViolationException(seed, plan.Describe(), run?.Close(violation) ?? violation);
        }
    }

    // What has gone wrong need not be able to close in good order; what counts is what went wrong first.
    private Exception Close(Exception violation)
    {
        var told = violation as RdmaFabricException ?? _fabric.Fail(violation.ToString(), violation);
        try
        {
            _fabric.Dispose();
        }
        catch (Exception second)
        {
            return new AggregateException(told, second);
        }

        return told;
    }

    private SwarmResult Run()
    {
        if (!RunWork()) throw new SimulationFailureException($"hangs at {_fabric.Now}: {Progress()}");
        // What is still on the wire, duplicates above all, must do no harm.
        _fabric.RunUntilQuiet(Limit);
        foreach (var device in _devices) device.Poll();
        CheckAll();
        foreach (var device in _devices)
        {
            foreach (var memory in device.Model.Memories) memory.CheckWords();
        }

        foreach (var end in _ends)
        {
            end.Sender.CheckEnd();
            if (end.Receiver != end.Sender) end.Receiver.CheckEnd();
        }

        _fabric.Dispose();
        CheckAll();
        return new SwarmResult(
            _fabric.Log.SentPackets, _ends.Sum(end => end.Sender.Posted), _ends.Count(end => end.Sender.HasFailed), _fabric.Log.Hash);
    }

    private void Join(FabricHost one, FabricHost other)
    {
        if (!_plan.HasSwitch)
        {
            _fabric.Connect(one, other, _plan.Link);
            return;
        }

        var between = _fabric.AddSwitch();
        _fabric.Connect(one, between, _plan.Link);
        _fabric.Connect(between, other);
    }

    // A fabric at rest may be waiting for chance to post something.
    private bool RunWork()
    {
        for (var (idle, steps) = (0, 0L); idle < PatienceAtRest; idle = _fabric.Steps == steps ? idle + 1 : 0)
        {
            steps = _fabric.Steps;
            if (_fabric.TryRunUntil(Step, Limit)) return true;
            if (_fabric.Now > Limit) return false;
        }

        return false;
    }

    private bool Step()
    {
        foreach (var device in _devices) device.Poll();
        foreach (var device in _devices) device.Step();
        foreach (var end in _ends) end.Step();
        if (++_steps % MemoryPeriod == 0) CheckAll();
        return _ends.TrueForAll(end => end.IsDone);
    }

    private void CheckAll()
    {
        if (_audit.Violation is { } violation) throw new ModelViolationException(violation);
        foreach (var device in _devices)
        {
            if (device.Device.GetPipeline().HasFailed) throw new ModelViolationException($"a stage of {device.Model.Name} has failed");
            foreach (var memory in device.Model.Memories) memory.Check();
        }
    }

    private void Connect(SwarmService service)
    {
        var rules = new ModelRules
        {
            Copies = _plan.Link.Duplication > 0 ? 2 : 1,
            // Answers that are late often enough are as good as lost.
            MayLoseAnswers = !_plan.Machine.Retry7IsInfinite && (_plan.IsLossy || _plan.Link.Reordering > 0),
            LosesNothing = !_plan.IsLossy,
            MayLackReceives = _plan.Connect.RnrRetry != 7,
        };
        SwarmEnd[] ends = [.. _devices.Select(device => new SwarmEnd(device, service, rules))];
        ConnectOptions[] options = [DrawOptions(), DrawOptions()];
        ends[0].Connect(ends[1], options[0]);
        ends[1].Connect(ends[0], options[1]);
        _ends.AddRange(ends);
        if (!ends[0].IsReliable) return;
        for (var side = 0; side < ends.Length; side++) Audit(side, ends[side], ends[1 - side]);
    }

    // A program that is faulty may forget a right.
    private ConnectOptions DrawOptions() => !_random.Chance(_plan.Mischief * 2) ? _plan.Connect : _plan.Connect with
    {
        Access = _plan.Connect.Access & ~_random.Pick(AccessFlags.RemoteWrite, AccessFlags.RemoteRead, AccessFlags.RemoteAtomic),
    };

    private void Audit(int side, SwarmEnd requester, SwarmEnd responder)
    {
        var queuePair = requester.Sender.QueuePair;
        var (psn, mtu) = (queuePair.LocalEndpoint.Psn, _plan.Connect.PathMtu!.Value.ToBytes());
        var conversation = new WireConversation(psn, mtu, $"{queuePair.Number:x}")
        {
            Posted = requester.Service == SwarmService.Reliable ? () => responder.Pool.Posted : null,
        };
        _audit.Add(side, queuePair.Number, 1 - side, responder.Receiver.QueuePair.Number, conversation);
    }

    private string Progress() => string.Join("; ", _ends.Where(end => !end.IsDone).Select(end => end.Progress));
}
