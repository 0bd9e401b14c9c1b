using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Testing;

/// <content>
/// Programs that await: what they wait for comes in virtual time, and they go on on the fabric's thread, between two steps.
/// </content>
public sealed partial class RdmaTestFabric
{
    // Other threads may put something in, if a program has left this one: then the order is no longer the seed's.
    private readonly ConcurrentQueue<Action> _continuations = new();
    private FabricContext? _context;
    private long _continued;

    /// <summary>
    /// Starts a program that awaits: completion queues, completion channels, events, and time on <see cref="Time"/>. It runs to its first
    /// wait at once, and goes on while the fabric runs. It must stay on the fabric's thread: no <c>Task.Run</c>, no
    /// <c>ConfigureAwait(false)</c>.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <returns>Completes when it ends; wait for it with <see cref="RunUntil(Task, TimeSpan?, string?)"/>.</returns>
    public Task Start(Func<Task> program)
    {
        ArgumentNullException.ThrowIfNull(program);
        Task? task = null;
        RunInContext(() => task = program());
        return task!;
    }

    /// <summary>Runs until a program has ended.</summary>
    /// <param name="program">What <see cref="Start"/> has returned.</param>
    /// <param name="limit">Virtual time from now on after which to give up; null: <see cref="RdmaTestFabricOptions.Limit"/>.</param>
    /// <param name="what">The program, in the message of a failure; its text unless given.</param>
    /// <exception cref="RdmaFabricException">It did not end, or with an exception, which is inside.</exception>
    public void RunUntil(Task program, TimeSpan? limit = null, [CallerArgumentExpression(nameof(program))] string? what = null)
    {
        ArgumentNullException.ThrowIfNull(program);
        RunUntil(() => program.IsCompleted, limit, what);
        if (program.Exception?.InnerException is { } failure)
            throw failure as RdmaFabricException ?? Fail(failure.Message, failure);
        program.GetAwaiter().GetResult();
    }

    /// <summary>Starts programs that await and runs until all have ended, or one with an exception.</summary>
    /// <param name="programs">The programs, such as a server and a client.</param>
    /// <exception cref="RdmaFabricException">One did not end, or with an exception, which is inside.</exception>
    public void RunPrograms(params Func<Task>[] programs) => RunPrograms(Options.Limit, programs);

    /// <summary>Starts programs that await and runs until all have ended, or one with an exception.</summary>
    /// <param name="limit">Virtual time from now on after which to give up.</param>
    /// <param name="programs">The programs, such as a server and a client.</param>
    /// <exception cref="RdmaFabricException">One did not end, or with an exception, which is inside.</exception>
    public void RunPrograms(TimeSpan limit, params Func<Task>[] programs)
    {
        ArgumentNullException.ThrowIfNull(programs);
        Task[] running = [.. programs.Select(Start)];
        RunUntil(() => running.All(task => task.IsCompleted) || running.Any(task => task.IsFaulted), limit, "all programs have ended");
        foreach (var task in running.OrderByDescending(task => task.IsFaulted))
            RunUntil(task);
    }

    internal void Continue(IThreadPoolWorkItem waiter) => Continue(waiter.Execute);

    internal void Continue(Action continuation) => _continuations.Enqueue(continuation);

    private bool Continue()
    {
        if (!_continuations.TryDequeue(out var continuation))
            return false;
        RunInContext(continuation);
        _continued++;
        Time.MoveTo(Time.Nanoseconds + Options.NanosecondsPerStep);
        return true;
    }

    private void RunInContext(Action action)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context ??= new FabricContext(this));
        try
        {
            action();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }
}
