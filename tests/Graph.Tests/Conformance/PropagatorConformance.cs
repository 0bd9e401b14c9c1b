using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Conformance;

/// <summary>
/// What the Dataflow contract asks of a bounded propagator that gives each burst on. Ours and the stock ones pass the same tests.
/// </summary>
public abstract partial class PropagatorConformance : IDisposable
{
    private static readonly DataflowLinkOptions s_propagate = new() { PropagateCompletion = true };

    public static TheoryData<int> Capacities => [1, 4, 64];

    protected abstract IPropagatorBlock<TestBurst, TestBurst> Create(int capacity);

    private static ExecutionDataflowBlockOptions Bounded(int capacity) => new() { BoundedCapacity = capacity };

    [Theory]
    [MemberData(nameof(Capacities))]
    public async Task Between_stock_blocks_it_keeps_order_and_count(int capacity)
    {
        foreach (int neighbour in new[] { 1, 4, 64 })
        {
            var first = new BufferBlock<TestBurst>(Bounded(neighbour));
            IPropagatorBlock<TestBurst, TestBurst> middle = Create(capacity);
            var seen = new List<int>();
            var last = new ActionBlock<TestBurst>(b => seen.Add(b.Sequence), Bounded(neighbour));
            first.LinkTo(middle, s_propagate);
            middle.LinkTo(last, s_propagate);
            for (int i = 0; i < 3000; i++)
            {
                Assert.True(await first.SendAsync(new TestBurst(i)).Soon());
            }

            first.Complete();
            await last.Completion.Soon();
            Assert.Equal(Enumerable.Range(0, 3000), seen);
        }
    }

    [Theory]
    [MemberData(nameof(Capacities))]
    public async Task A_chain_of_its_kind_between_stock_blocks_keeps_order_and_count(int capacity)
    {
        var first = new TransformBlock<TestBurst, TestBurst>(b => b, Bounded(2));
        ISourceBlock<TestBurst> end = first;
        for (int i = 0; i < 4; i++)
        {
            IPropagatorBlock<TestBurst, TestBurst> next = Create(capacity);
            end.LinkTo(next, s_propagate);
            end = next;
        }

        var seen = new List<int>();
        var last = new ActionBlock<TestBurst>(b => seen.Add(b.Sequence), Bounded(1));
        end.LinkTo(last, s_propagate);
        for (int i = 0; i < 3000; i++)
        {
            Assert.True(await first.SendAsync(new TestBurst(i)).Soon());
        }

        first.Complete();
        await last.Completion.Soon();
        Assert.Equal(Enumerable.Range(0, 3000), seen);
    }

    [Theory]
    [MemberData(nameof(Capacities))]
    public async Task Two_sources_keep_each_their_order(int capacity)
    {
        IPropagatorBlock<TestBurst, TestBurst> middle = Create(capacity);
        BufferBlock<TestBurst>[] sources = [.. Enumerable.Range(0, 2).Select(_ => new BufferBlock<TestBurst>(Bounded(4)))];
        var seen = new List<(int Producer, int Sequence)>();
        var last = new ActionBlock<TestBurst>(b => seen.Add((b.Producer, b.Sequence)), Bounded(2));
        middle.LinkTo(last, s_propagate);
        Array.ForEach(sources, s => s.LinkTo(middle));
        await Task.WhenAll(sources.Select((s, p) => Task.Run(async () =>
        {
            for (int i = 0; i < 2000; i++)
            {
                Assert.True(await s.SendAsync(new TestBurst(i, producer: p)));
            }

            s.Complete();
            await s.Completion;
        }))).Soon();
        middle.Complete();
        await last.Completion.Soon();
        Assert.Equal(Enumerable.Range(0, 2000), seen.Where(s => s.Producer == 0).Select(s => s.Sequence));
        Assert.Equal(Enumerable.Range(0, 2000), seen.Where(s => s.Producer == 1).Select(s => s.Sequence));
    }

    [Theory]
    [MemberData(nameof(Capacities))]
    public async Task Without_a_taker_it_holds_exactly_its_capacity(int capacity)
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(capacity);
        for (int i = 0; i < capacity; i++)
        {
            Assert.True(block.Post(new TestBurst(i)), $"Post {i} of {capacity}");
        }

        Assert.False(block.Post(new TestBurst(-1)));
        Task<bool> postponed = block.SendAsync(new TestBurst(capacity));
        Assert.False(postponed.IsCompleted);
        Assert.Equal(0, (await block.ReceiveAsync().Soon()).Sequence);
        Assert.True(await postponed.Soon());
        for (int i = 1; i <= capacity; i++)
        {
            Assert.Equal(i, (await block.ReceiveAsync().Soon()).Sequence);
        }
    }

    [Fact]
    public async Task A_reserved_message_is_for_its_holder_alone()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(4);
        var holder = new HoldingTarget();
        var rival = new HoldingTarget();
        block.LinkTo(holder);
        block.LinkTo(rival);
        await block.SendAsync(new TestBurst(0));
        (DataflowMessageHeader header, TestBurst burst, ISourceBlock<TestBurst> source) = await holder.NextOffer();
        Assert.True(source.ReserveMessage(header, holder));
        Assert.False(source.ReserveMessage(header, rival));
        Assert.Null(source.ConsumeMessage(header, rival, out bool stolen));
        Assert.False(stolen);
        Assert.Same(burst, source.ConsumeMessage(header, holder, out bool consumed));
        Assert.True(consumed);
        Assert.Null(source.ConsumeMessage(header, holder, out bool again));
        Assert.False(again);
    }

    [Fact]
    public async Task A_released_message_is_offered_again_and_in_order()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(4);
        var target = new HoldingTarget();
        block.LinkTo(target);
        await block.SendAsync(new TestBurst(0));
        await block.SendAsync(new TestBurst(1));
        (DataflowMessageHeader header, TestBurst burst, ISourceBlock<TestBurst> source) = await target.NextOffer();
        Assert.True(source.ReserveMessage(header, target));
        source.ReleaseReservation(header, target);
        (header, burst, source) = await target.NextOffer();
        Assert.Equal(0, burst.Sequence);
        Assert.Same(burst, source.ConsumeMessage(header, target, out bool consumed));
        Assert.True(consumed);
        (header, burst, source) = await target.NextOffer();
        Assert.Equal(1, burst.Sequence);
        Assert.Same(burst, source.ConsumeMessage(header, target, out consumed));
        Assert.True(consumed);
        block.Complete();
        await block.Completion.Soon();
    }

    [Fact]
    public async Task Releasing_what_is_not_reserved_is_an_error()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(4);
        var target = new HoldingTarget();
        block.LinkTo(target);
        await block.SendAsync(new TestBurst(0));
        (DataflowMessageHeader header, _, ISourceBlock<TestBurst> source) = await target.NextOffer();
        Assert.Throws<InvalidOperationException>(() => source.ReleaseReservation(header, target));
    }

    [Fact]
    public async Task Completion_waits_until_the_last_burst_has_left()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(4);
        var target = new HoldingTarget();
        block.LinkTo(target, s_propagate);
        await block.SendAsync(new TestBurst(0));
        block.Complete();
        (DataflowMessageHeader header, _, ISourceBlock<TestBurst> source) = await target.NextOffer();
        Assert.False(block.Completion.IsCompleted);
        Assert.False(target.Completion.IsCompleted);
        source.ConsumeMessage(header, target, out _);
        await block.Completion.Soon();
        await target.Completion.Soon();
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
