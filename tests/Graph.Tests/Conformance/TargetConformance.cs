using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Conformance;

/// <summary>What the Dataflow contract asks of a bounded target. Our blocks and the stock ones pass the same tests.</summary>
public abstract class TargetConformance : IDisposable
{
    public static TheoryData<int> Capacities => [1, 4, 64];

    /// <summary>A target that hands each burst to <paramref name="sink"/>, in order, on one thread at a time.</summary>
    protected abstract ITargetBlock<TestBurst> Create(int capacity, Action<TestBurst> sink);

    [Theory]
    [MemberData(nameof(Capacities))]
    public async Task Keeps_order_and_count(int capacity)
    {
        var seen = new List<int>();
        ITargetBlock<TestBurst> target = Create(capacity, b => seen.Add(b.Sequence));
        for (int i = 0; i < 5000; i++)
        {
            Assert.True(await target.SendAsync(new TestBurst(i)).Soon());
        }

        target.Complete();
        await target.Completion.Soon();
        Assert.Equal(Enumerable.Range(0, 5000), seen);
    }

    [Theory]
    [MemberData(nameof(Capacities))]
    public async Task Holds_exactly_its_capacity_and_postpones_beyond(int capacity)
    {
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        var seen = new List<int>();
        ITargetBlock<TestBurst> target = Create(capacity, b =>
        {
            entered.Set();
            gate.Wait();
            seen.Add(b.Sequence);
        });

        Assert.True(target.Post(new TestBurst(0)));
        entered.Wait();
        for (int i = 1; i < capacity; i++)
        {
            Assert.True(target.Post(new TestBurst(i)), $"Post {i} of {capacity}");
        }

        Assert.False(target.Post(new TestBurst(-1)));
        Task<bool> postponed = target.SendAsync(new TestBurst(capacity));
        Assert.False(postponed.IsCompleted);
        gate.Set();
        Assert.True(await postponed.Soon());
        target.Complete();
        await target.Completion.Soon();
        Assert.Equal(Enumerable.Range(0, capacity + 1), seen);
    }

    [Theory]
    [MemberData(nameof(Capacities))]
    public async Task Two_producers_keep_each_their_order(int capacity)
    {
        var seen = new List<(int Producer, int Sequence)>();
        ITargetBlock<TestBurst> target = Create(capacity, b => seen.Add((b.Producer, b.Sequence)));
        Task Produce(int producer) => Task.Run(async () =>
        {
            for (int i = 0; i < 3000; i++)
            {
                Assert.True(await target.SendAsync(new TestBurst(i, producer: producer)));
            }
        });
        await Task.WhenAll(Produce(1), Produce(2)).Soon();
        target.Complete();
        await target.Completion.Soon();
        Assert.Equal(Enumerable.Range(0, 3000), seen.Where(s => s.Producer == 1).Select(s => s.Sequence));
        Assert.Equal(Enumerable.Range(0, 3000), seen.Where(s => s.Producer == 2).Select(s => s.Sequence));
    }

    [Fact]
    public async Task Completed_it_declines_for_good_and_finishes_what_it_has()
    {
        int seen = 0;
        ITargetBlock<TestBurst> target = Create(8, _ => seen++);
        for (int i = 0; i < 8; i++)
        {
            await target.SendAsync(new TestBurst(i));
        }

        target.Complete();
        var late = new TestBurst(9);
        Assert.Equal(DataflowMessageStatus.DecliningPermanently, target.OfferMessage(new DataflowMessageHeader(1), late, null, false));
        Assert.False(await target.SendAsync(late).Soon());
        await target.Completion.Soon();
        Assert.Equal(8, seen);
    }

    [Fact]
    public async Task Completing_turns_postponed_offers_away()
    {
        using var gate = new ManualResetEventSlim();
        ITargetBlock<TestBurst> target = Create(1, _ => gate.Wait());
        await target.SendAsync(new TestBurst(0));
        Task<bool> postponed = target.SendAsync(new TestBurst(1));
        target.Complete();
        gate.Set();
        Assert.False(await postponed.Soon());
        await target.Completion.Soon();
    }

    [Fact]
    public async Task Faulted_it_declines_turns_postponed_offers_away_and_tells_why()
    {
        using var gate = new ManualResetEventSlim();
        ITargetBlock<TestBurst> target = Create(1, _ => gate.Wait());
        await target.SendAsync(new TestBurst(0));
        Task<bool> postponed = target.SendAsync(new TestBurst(1));
        target.Fault(new InvalidOperationException("told to"));
        gate.Set();
        Assert.False(await postponed.Soon());
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => target.Completion.Soon());
        Assert.Equal("told to", fault.Message);
        Assert.False(target.Post(new TestBurst(2)));
    }

    [Fact]
    public async Task An_exception_of_its_own_faults_it()
    {
        ITargetBlock<TestBurst> target = Create(4, _ => throw new InvalidOperationException("a bug"));
        await target.SendAsync(new TestBurst(0));
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => target.Completion.Soon());
        Assert.Equal("a bug", fault.Message);
    }

    [Fact]
    public async Task Consumes_to_accept_when_asked_to()
    {
        var seen = new List<int>();
        ITargetBlock<TestBurst> target = Create(4, b => seen.Add(b.Sequence));
        var source = new OneMessageSource(new TestBurst(7));
        var gone = new OneMessageSource(null);
        var header = new DataflowMessageHeader(1);
        Assert.Equal(DataflowMessageStatus.Accepted, target.OfferMessage(header, new TestBurst(8), source, consumeToAccept: true));
        Assert.Equal(DataflowMessageStatus.NotAvailable, target.OfferMessage(header, new TestBurst(9), gone, consumeToAccept: true));
        Assert.Equal(1, source.Consumed);
        target.Complete();
        await target.Completion.Soon();
        Assert.Equal([7], seen);
    }

    [Fact]
    public async Task Releases_what_it_had_postponed_when_completed()
    {
        using var gate = new ManualResetEventSlim();
        ITargetBlock<TestBurst> target = Create(1, _ => gate.Wait());
        await target.SendAsync(new TestBurst(0));
        var source = new OneMessageSource(new TestBurst(1));
        var header = new DataflowMessageHeader(1);
        Assert.Equal(DataflowMessageStatus.Postponed, target.OfferMessage(header, new TestBurst(1), source, consumeToAccept: false));
        target.Complete();
        gate.Set();
        await source.Released.Soon();
        Assert.Equal(0, source.Consumed);
        await target.Completion.Soon();
    }

    [Fact]
    public void Refuses_malformed_offers()
    {
        ITargetBlock<TestBurst> target = Create(1, _ => { });
        Assert.Throws<ArgumentException>(() => target.OfferMessage(default, new TestBurst(0), null, false));
        Assert.Throws<ArgumentException>(() => target.OfferMessage(new DataflowMessageHeader(1), new TestBurst(0), null, true));
        Assert.Throws<ArgumentNullException>(() => target.Fault(null!));
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
