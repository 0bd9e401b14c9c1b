namespace RdmaPipeline.Hosting.Lifetime;

/// <summary>Waits until a device has done what was posted to it.</summary>
internal static class DeviceDrain
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);

    /// <summary>False: patience ended first, or a stage has failed and nothing will be done any more.</summary>
    public static async Task<bool> TryAsync(DevicePipeline pipeline, CancellationToken patience)
    {
        using var timer = new PeriodicTimer(s_look);
        try
        {
            while (!IsDone(pipeline))
            {
                if (pipeline.HasFailed)
                    return false;
                await timer.WaitForNextTickAsync(patience).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return IsDone(pipeline);
        }

        return true;
    }

    private static bool IsDone(DevicePipeline pipeline) => pipeline.PendingSends == 0 && pipeline.OutstandingBursts == 0;
}
