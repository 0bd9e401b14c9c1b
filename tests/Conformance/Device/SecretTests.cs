using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What somebody who is not the peer would have to guess (docs/security.md, R-VERB-3, R-VERB-8).</summary>
[Collection(DeviceCollection.Name)]
public sealed class SecretTests
{
    private const int Count = 16;

    [Fact]
    public void NumbersPsnsAndKeysAreFreshOnEveryDevice()
    {
        var (one, other) = (Secrets(seed: null), Secrets(seed: null));
        foreach (string kind in one.Keys)
        {
            // That two of sixteen random values of 24 bits and more are equal happens once in 60 000 runs, four of them never.
            Assert.InRange(one[kind].Distinct().Count(), Count - 3, Count);
            Assert.InRange(one[kind].Intersect(other[kind]).Count(), 0, 3);
        }
    }

    [Fact]
    public void ASeedRepeatsThem() => Assert.Equal(Secrets(seed: 7), Secrets(seed: 7));

    // The indices of keys follow one another from a random start, their variants do not.
    [Fact]
    public void AKeyDoesNotTellTheNextOne()
    {
        uint[] keys = Secrets(seed: null)["key"];
        var steps = keys.Zip(keys.Skip(1), (one, next) => (next - one) & 0xFF);
        Assert.InRange(steps.Distinct().Count(), 4, Count);
    }

    private static Dictionary<string, uint[]> Secrets(int? seed)
    {
        using var device = RdmaPipelineDevice.Open($"mem://{Guid.NewGuid():n}/a", new DeviceOptions { Seed = seed });
        var domain = device.CreateProtectionDomain();
        var queue = device.CreateCompletionQueue(8);
        var init = new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue };
        QueuePair[] pairs = [.. Enumerable.Range(0, Count).Select(_ => domain.CreateQueuePair(init))];
        MemoryRegion[] regions = [.. Enumerable.Range(0, Count).Select(_ => domain.AllocateMemory(8, DevicePair.FullAccess))];
        return new Dictionary<string, uint[]>
        {
            ["number"] = [.. pairs.Select(pair => pair.Number)],
            ["psn"] = [.. pairs.Select(pair => pair.InitialPsn)],
            ["key"] = [.. regions.Select(region => region.RemoteKey)],
        };
    }
}
