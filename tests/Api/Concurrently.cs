namespace RdmaPipeline.ApiTests;

/// <summary>Runs bodies on threads of their own, started together, and passes on what they throw.</summary>
internal static class Concurrently
{
    public static void Run(params Action[] bodies)
    {
        using var start = new Barrier(bodies.Length);
        var failures = new List<Exception>();
        Thread[] threads = [.. bodies.Select(body => new Thread(() => RunOne(start, body, failures)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (failures.Count != 0)
            throw new AggregateException(failures);
    }

    private static void RunOne(Barrier start, Action body, List<Exception> failures)
    {
        start.SignalAndWait();
        try
        {
            body();
        }
        catch (Exception failure)
        {
            lock (failures)
                failures.Add(failure);
        }
    }
}
