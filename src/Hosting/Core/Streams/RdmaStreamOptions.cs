using System.IO.Pipelines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// How a stream is made. Its memory is bounded: <see cref="ReceiveBuffers"/> and <see cref="SendBuffers"/> of <see cref="BufferBytes"/>
/// each, 1.5 MiB by default.
/// </summary>
public sealed record RdmaStreamOptions
{
    /// <summary>Bytes of a buffer, and so of a message: 64 to 16 MiB. Where the peer's differ the smaller count.</summary>
    public int BufferBytes { get; init; } = 32 * 1024;

    /// <summary>Messages the peer may send before this side has read the first of them: 4 to 4096.</summary>
    public int ReceiveBuffers { get; init; } = 32;

    /// <summary>Messages that may be on their way to the peer, one of them being filled: 2 to 4096.</summary>
    public int SendBuffers { get; init; } = 16;

    /// <summary>How long closing waits for what was written to arrive before it gives up: 0 to an hour.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How the queue pair connects; the peer is given no access to memory whatever is said here.</summary>
    public ConnectOptions Connect { get; init; } = new();

    /// <summary>
    /// Where those go on who waited for the stream: a thread of the pool, or with <see cref="PipeScheduler.Inline"/> the thread that found
    /// the completion, as in a simulation; then nobody may block. With the pool the stream looks for more data for 50 µs after the last
    /// ones, again and again, before it waits to be woken.
    /// </summary>
    public PipeScheduler Scheduler { get; init; } = PipeScheduler.ThreadPool;

    /// <summary>The clock of <see cref="CloseTimeout"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <exception cref="ArgumentException">Names the option, its value and the limit.</exception>
    internal void Check()
    {
        Range(nameof(BufferBytes), BufferBytes, 64, 16 * 1024 * 1024);
        Range(nameof(ReceiveBuffers), ReceiveBuffers, RdmaStreamOffer.FewestBuffers, RdmaStreamOffer.MostBuffers);
        Range(nameof(SendBuffers), SendBuffers, 2, RdmaStreamOffer.MostBuffers);
        if (CloseTimeout < TimeSpan.Zero || CloseTimeout > TimeSpan.FromHours(1))
            throw new ArgumentException($"{nameof(CloseTimeout)} is {CloseTimeout}; it must lie in 0 to an hour");
    }

    private static void Range(string name, int value, int lowest, int highest)
    {
        if (value < lowest || value > highest)
            throw new ArgumentException($"{name} is {value}; it must lie in {lowest} to {highest}");
    }
}
