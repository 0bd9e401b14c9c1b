using System.Collections.Concurrent;

namespace RdmaPipeline.Backends.Udp;

/// <summary>
/// A thread made by whoever opened a device, to ask the system from where that was: a thread inherits the network namespace of the one
/// that makes it, and interfaces, addresses, routes and new sockets are those of the namespace of the thread that asks.
/// </summary>
internal sealed class HomeThread : IDisposable
{
    private readonly BlockingCollection<Action> _questions = [];
    private readonly Thread _thread;

    /// <summary>Makes the thread, in the namespace of the calling one.</summary>
    /// <param name="name">For debuggers.</param>
    public HomeThread(string name)
    {
        _thread = new Thread(Answer) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Any thread: runs a question at home and waits for the answer; what it throws comes out here.</summary>
    /// <exception cref="ObjectDisposedException">The device is closed.</exception>
    public T Ask<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _questions.Add(() => Run(question, answer));
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(UdpBackend));
        }

        return answer.Task.GetAwaiter().GetResult();
    }

    /// <summary>Answers what was asked before and ends the thread.</summary>
    public void Dispose()
    {
        _questions.CompleteAdding();
        _thread.Join();
    }

    private static void Run<T>(Func<T> question, TaskCompletionSource<T> answer)
    {
        try
        {
            answer.SetResult(question());
        }
#pragma warning disable CA1031 // whatever it is, it belongs to who asked
        catch (Exception fault)
#pragma warning restore CA1031
        {
            answer.SetException(fault);
        }
    }

    private void Answer()
    {
        foreach (var question in _questions.GetConsumingEnumerable())
            question();
    }
}
