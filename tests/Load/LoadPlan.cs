using RdmaPipeline.Testing;

namespace RdmaPipeline.LoadTests;

/// <summary>
/// What one direction of a queue pair does, drawn from a seed: both ends draw the same plan, so a receiver knows what must come next
/// and every byte of it.
/// </summary>
internal sealed class LoadPlan(ulong seed, int index, bool isFirst, int maxMessage)
{
    private const int SmallMessage = 256;
    private const double LargePercent = 25;

    private readonly SplitMix _random = new(SplitMix.Mix(seed + (ulong)index * 2 + (isFirst ? 0u : 1u)));

    public LoadStep Next()
    {
        var operation = (LoadOperation)_random.Below(Enum.GetValues<LoadOperation>().Length);
        int length = _random.Chance(LargePercent) ? _random.Between(0, maxMessage) : _random.Between(0, Math.Min(SmallMessage, maxMessage));
        bool isAtomic = operation is LoadOperation.FetchAndAdd or LoadOperation.CompareAndSwap;
        return new LoadStep(operation, isAtomic ? sizeof(ulong) : length, _random.Next());
    }

    public LoadStep NextMessage()
    {
        LoadStep step;
        do
            step = Next();
        while (!step.TakesReceive);
        return step;
    }
}
