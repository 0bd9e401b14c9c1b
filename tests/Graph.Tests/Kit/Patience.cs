namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A hang is a failure, not a stuck test run; no test's outcome depends on the time otherwise.</summary>
public static class Patience
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static Task Soon(this Task task) => task.WaitAsync(s_limit);

    public static Task<TResult> Soon<TResult>(this Task<TResult> task) => task.WaitAsync(s_limit);
}
