using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Deregistration returns when every burst made before it is encoded, and does not wait for those made after it.</summary>
public class UnencodedBurstsTests
{
    [Fact]
    public void NothingOpenIsDoneAtOnce()
    {
        var bursts = new UnencodedBursts();
        bool done = false;
        bursts.AwaitAll(() => done = true);
        Assert.True(done);
    }

    [Fact]
    public void WaitsForOlderBurstsOnly()
    {
        var bursts = new UnencodedBursts();
        long older = bursts.Enter();
        bool done = false;
        bursts.AwaitAll(() => done = true);
        long younger = bursts.Enter();
        Assert.False(done);
        bursts.Leave(older);
        Assert.True(done);
        Assert.Equal(1, bursts.Count);
        bursts.Leave(younger);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void EachWaiterSeesItsOwnBurstsGone(int seed)
    {
        var random = new Random(seed);
        var bursts = new UnencodedBursts();
        var open = new List<(int Number, long Epoch)>();
        var waiting = new List<int>();
        int made = 0;
        for (int step = 0; step < 5_000; step++)
        {
            int choice = random.Next(5);
            if (choice < 2)
                open.Add((made++, bursts.Enter()));
            else if (choice == 2)
                AwaitOlder(made);
            else if (open.Count > 0)
                LeaveOne(random.Next(open.Count));
        }
        while (open.Count > 0)
            LeaveOne(0);
        Assert.True(waiting.Count == 0, $"seed {seed}: {waiting.Count} waiters were forgotten");

        void AwaitOlder(int limit)
        {
            waiting.Add(limit);
            bursts.AwaitAll(() =>
            {
                Assert.DoesNotContain(open, burst => burst.Number < limit);
                waiting.Remove(limit);
            });
        }

        void LeaveOne(int index)
        {
            var (_, epoch) = open[index];
            open.RemoveAt(index);
            bursts.Leave(epoch);
        }
    }
}
