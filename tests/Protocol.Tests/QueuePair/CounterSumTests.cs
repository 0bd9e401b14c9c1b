using System.Reflection;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>Counters of several queue pairs add up: every one of them, and what is taken away again leaves nothing.</summary>
public sealed class CounterSumTests
{
    private static readonly PropertyInfo[] Scalars =
        [.. typeof(QueuePairCounters).GetProperties().Where(p => p.PropertyType == typeof(long) && p.SetMethod is not null)];

    private static readonly PropertyInfo[] Groups =
        [.. typeof(QueuePairCounters).GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(p => p.PropertyType == typeof(CounterGroup))];

    [Fact]
    public void EveryCounterIsAdded()
    {
        Assert.NotEmpty(Scalars);
        var (sum, one) = (new QueuePairCounters(), Fill(1));
        sum.Add(one);
        sum.Add(Fill(100));
        Assert.All(Scalars, p => Assert.Equal(101 * (Array.IndexOf(Scalars, p) + 1L), p.GetValue(sum)));
        sum.Subtract(one);
        Assert.All(Scalars, p => Assert.Equal(100 * (Array.IndexOf(Scalars, p) + 1L), p.GetValue(sum)));
    }

    [Fact]
    public void EveryGroupHasRoomOfItsOwn()
    {
        Assert.NotEmpty(Groups);
        var counters = new QueuePairCounters();
        Assert.All(Groups, p => Assert.Equal(0, Of(p, counters).Sum));
        foreach (var property in Groups)
        {
            for (var i = 0; i < Of(property, counters).Length; i++) Of(property, counters).Add(i, i + 1);
        }

        var sum = new QueuePairCounters();
        sum.Add(counters);
        Assert.All(Groups, p =>
        {
            for (var i = 0; i < Of(p, sum).Length; i++) Assert.Equal(i + 1, Of(p, sum)[i]);
        });
        sum.Subtract(counters);
        Assert.All(Groups, p => Assert.Equal(0, Of(p, sum).Sum));
    }

    [Fact]
    public void FailuresAreKeptByOperationAndStatus()
    {
        var counters = new QueuePairCounters();
        Assert.Equal((0, 0), (counters.SendErrors, counters.ReceiveErrors));
        counters.CountEnd(OperationIndex.Of(SendOpcode.RdmaRead), WorkCompletionStatus.WorkRequestFlushedError);
        counters.CountEnd(OperationIndex.Of(SendOpcode.Send), WorkCompletionStatus.RemoteAccessError);
        counters.CountEnd(OperationIndex.Receive, WorkCompletionStatus.LocalLengthError);
        counters.CountEnd(OperationIndex.Receive, WorkCompletionStatus.Success);
        Assert.Equal((2, 1, 1), (counters.SendErrors, counters.SendFlushes, counters.RemoteAccessErrors));
        Assert.Equal((1, 0, 1), (counters.ReceiveErrors, counters.ReceiveFlushes, counters.LocalLengthErrors));
        Assert.Equal(1, counters.Successes.Sum);
        Assert.Equal(QueuePairCounters.StatusCount, Enum.GetValues<WorkCompletionStatus>().Length);
    }

    private static QueuePairCounters Fill(long factor)
    {
        var counters = new QueuePairCounters();
        for (var i = 0; i < Scalars.Length; i++) Scalars[i].SetValue(counters, factor * (i + 1));
        return counters;
    }

    private static CounterGroup Of(PropertyInfo property, QueuePairCounters counters) => (CounterGroup)property.GetValue(counters)!;
}
