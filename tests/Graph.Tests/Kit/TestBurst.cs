namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A burst that knows who made it and when, and whether it was let go as often as it was held.</summary>
public sealed class TestBurst(int sequence, int count = 1, int producer = 0) : IBurst
{
    private int _holders = 1;

    public int Sequence => sequence;

    public int Producer => producer;

    public int Count => count;

    public int Holders => Volatile.Read(ref _holders);

    public void Retain() => Interlocked.Increment(ref _holders);

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) < 0)
        {
            throw new InvalidOperationException($"Burst {sequence} was released more often than held.");
        }
    }
}
