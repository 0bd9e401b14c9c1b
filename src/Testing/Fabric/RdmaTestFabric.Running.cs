using System.Runtime.CompilerServices;
using RdmaPipeline.Testing.Simulation;

namespace RdmaPipeline.Testing;

/// <content>Steps and time.</content>
public sealed partial class RdmaTestFabric
{
    /// <summary>The name under which <see cref="RdmaTestFabricOptions.Coverage"/> counts.</summary>
    public const string CoveragePreset = "simulated";

    private const int MostIdlePolls = 100_000;

    private Exception? _brokenLaw;
    private int _idlePolls;

    /// <summary>Steps taken so far.</summary>
    public long Steps => Shards.Steps + _continued;

    /// <summary>Runs until something is so. Minutes of virtual time pass in milliseconds.</summary>
    /// <param name="done">Asked between steps; it may post work and poll.</param>
    /// <param name="limit">Virtual time from now on after which to give up; null: <see cref="RdmaTestFabricOptions.Limit"/>.</param>
    /// <param name="what">What is waited for, in the message of a failure; the text of the condition unless given.</param>
    /// <exception cref="RdmaFabricException">The limit was reached, or nothing will ever happen again and it is still not so.</exception>
    public void RunUntil(Func<bool> done, TimeSpan? limit = null, [CallerArgumentExpression(nameof(done))] string? what = null)
    {
        var began = Now;
        if (!TryRunUntil(done, limit))
        {
            throw Fail(NextDeadline() == long.MaxValue
                ? $"After {Now - began} nothing will ever happen again, and this is still not so: {what}"
                : $"In {limit ?? Options.Limit} of virtual time this did not come about: {what}");
        }
    }

    /// <summary>Runs until something is so.</summary>
    /// <param name="done">Asked between steps; it may post work and poll.</param>
    /// <param name="limit">Virtual time from now on after which to give up; null: <see cref="RdmaTestFabricOptions.Limit"/>.</param>
    /// <returns>False when the limit was reached, or when nothing will ever happen again and it is still not so.</returns>
    public bool TryRunUntil(Func<bool> done, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(done);
        var end = EndOf(limit);
        while (true)
        {
            // The question may take steps itself, by polling: what came of them has to be asked about again.
            var steps = Steps;
            if (done())
                return true;
            // Of the two ways a step can be chosen, the first may have found nothing by chance.
            if (Step() || steps != Steps || Step())
            {
                if (Time.Nanoseconds >= end)
                    return done();
            }
            else if (!AdvanceTime(end))
            {
                return done();
            }
        }
    }

    /// <summary>Runs until nothing will ever happen again: all is delivered and no timer runs.</summary>
    /// <param name="limit">Virtual time from now on after which to give up; null: <see cref="RdmaTestFabricOptions.Limit"/>.</param>
    /// <exception cref="RdmaFabricException">It did not come to rest.</exception>
    public void RunUntilQuiet(TimeSpan? limit = null)
    {
        if (!TryRunUntilQuiet(limit))
            throw Fail($"In {limit ?? Options.Limit} of virtual time the fabric did not come to rest.");
    }

    /// <summary>Runs until nothing will ever happen again: all is delivered and no timer runs.</summary>
    /// <param name="limit">Virtual time from now on after which to give up; null: <see cref="RdmaTestFabricOptions.Limit"/>.</param>
    /// <returns>Whether it has come to rest.</returns>
    public bool TryRunUntilQuiet(TimeSpan? limit = null)
    {
        TryRunUntil(static () => false, limit);
        return NextDeadline() == long.MaxValue;
    }

    /// <summary>Lets virtual time pass, with all that happens in it.</summary>
    /// <param name="time">How much, 0 or more.</param>
    public void Advance(TimeSpan time)
    {
        Limits.Check(nameof(time), time, TimeSpan.Zero, TimeSpan.FromDays(1000));
        var end = EndOf(time);
        TryRunUntil(() => Time.Nanoseconds >= end, time);
        if (Time.Nanoseconds < end)
            Time.MoveTo(end);
    }

    /// <summary>Takes one step: one delegate of one device, or one look at one port, as the seed says. Time passes only with it.</summary>
    /// <returns>False when nothing is to be done before time goes on.</returns>
    public bool Step()
    {
        if (Steps >= Options.MaxSteps)
            throw Fail($"{nameof(RdmaTestFabricOptions.MaxSteps)} is {Options.MaxSteps}, and so many steps were taken.");
        var did = Continue() || Shards.Step();
        return _brokenLaw is null ? did : throw Fail(_brokenLaw.Message, _brokenLaw);
    }

    /// <summary>Lets something happen later.</summary>
    /// <param name="delay">Virtual time from now on, 0 or more.</param>
    /// <param name="action">What happens, between two steps.</param>
    public void Schedule(TimeSpan delay, Action action)
    {
        Limits.Check(nameof(delay), delay, TimeSpan.Zero, TimeSpan.FromDays(1000));
        Time.Schedule(Time.Nanoseconds + (delay.Ticks * TimeSpan.NanosecondsPerTick), action);
    }

    internal void Cover(FabricPacket packet, FaultAction action)
    {
        if (Options.Coverage is not { } coverage || !packet.IsSound)
            return;
        // Every packet counts once as one that was sent; those that meet a fault are counted again under it.
        coverage.Record(CoveragePreset, packet.Opcode, FaultKind.None);
        var kind = action switch
        {
            FaultAction.Drop => FaultKind.Loss,
            FaultAction.Duplicate => FaultKind.Duplication,
            FaultAction.Delay or FaultAction.Reorder => FaultKind.Reordering,
            FaultAction.Corrupt or FaultAction.CorruptKeepingIcrc => FaultKind.Corruption,
            _ => FaultKind.None,
        };
        if (kind != FaultKind.None)
            coverage.Record(CoveragePreset, packet.Opcode, kind);
    }

    private long EndOf(TimeSpan? limit)
    {
        var time = limit ?? Options.Limit;
        Limits.Check(nameof(limit), time, TimeSpan.Zero, TimeSpan.MaxValue);
        var most = (long.MaxValue - Time.Nanoseconds) / TimeSpan.NanosecondsPerTick;
        return Time.Nanoseconds + (Math.Min(most, time.Ticks) * TimeSpan.NanosecondsPerTick);
    }

    private void AfterStep()
    {
        _idlePolls = 0;
        Time.MoveTo(Time.Nanoseconds + Options.NanosecondsPerStep);
        // Only the host that took the step can have lost anything in it.
        if (Options.CheckLaws && _brokenLaw is null && _hosts.Find(host => host.Runs(Shards.LastStepped)) is { } host)
            _brokenLaw = FindBrokenLaw(host);
    }

    // A program that polls in a circle lets time pass by it, and does not hang when it polls for what cannot come.
    private void AfterIdlePoll()
    {
        if (NextDeadline() == long.MaxValue && ++_idlePolls >= MostIdlePolls)
            throw Fail($"A completion queue was polled {MostIdlePolls} times though nothing will ever happen again.");
        Time.MoveTo(Time.Nanoseconds + Options.NanosecondsPerStep);
    }

    private SimulationFailureException? FindBrokenLaw(FabricHost host)
    {
        var violations = host.Pipeline.CheckLaws();
        return violations.Count == 0
            ? null
            : new SimulationFailureException($"step {Steps}, {host.Name}: {string.Join("; ", violations)}");
    }

    // A command waits, and polls have let time pass: what became due by that comes before the next jump.
    private bool GoOn() => Shards.Step() || AdvanceTime(long.MaxValue);

    private bool AdvanceTime(long end)
    {
        var next = NextDeadline();
        if (next == long.MaxValue || next > end)
            return false;
        // Nobody had anything to do before: what was due then was forgotten.
        if (next < Time.Nanoseconds)
            throw Fail($"A timer was due at {next} ns, and at {Time.Nanoseconds} ns nobody has served it.");
        Time.MoveTo(next);
        return true;
    }

    private long NextDeadline()
    {
        var next = Time.NextEvent;
        foreach (var host in _hosts)
            next = Math.Min(next, host.NextDeadline);
        return next;
    }
}
