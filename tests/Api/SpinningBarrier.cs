namespace RdmaPipeline.ApiTests;

/// <summary>Lets two threads go on at the same moment, to within nanoseconds: for races that a sleeping barrier never hits.</summary>
internal sealed class SpinningBarrier
{
    private int _arrived;

    public void Wait()
    {
        int mine = Interlocked.Increment(ref _arrived);
        int complete = (mine + 1) & ~1;
        SpinWait spin = default;
        while (Volatile.Read(ref _arrived) < complete)
            spin.SpinOnce(sleep1Threshold: -1);
    }
}
