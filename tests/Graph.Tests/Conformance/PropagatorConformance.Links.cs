using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Conformance;

/// <content>Links: completion and faults over them, limits, order, unlinking, several of them.</content>
public abstract partial class PropagatorConformance
{
    [Fact]
    public async Task A_fault_goes_down_the_link()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(4);
        var next = new BufferBlock<TestBurst>();
        block.LinkTo(next, s_propagate);
        block.Fault(new InvalidOperationException("told to"));
        AggregateException fault = await Assert.ThrowsAsync<AggregateException>(() => next.Completion.Soon());
        Assert.Equal("told to", fault.GetBaseException().Message);
    }

    [Fact]
    public async Task A_link_made_after_the_end_hears_of_it()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(4);
        block.Complete();
        await block.Completion.Soon();
        var next = new BufferBlock<TestBurst>();
        block.LinkTo(next, s_propagate);
        await next.Completion.Soon();
    }

    [Fact]
    public async Task A_limited_link_takes_its_number_and_the_next_link_the_rest()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(8);
        var first = new BufferBlock<TestBurst>();
        var second = new BufferBlock<TestBurst>();
        block.LinkTo(second, s_propagate);
        block.LinkTo(first, new DataflowLinkOptions { MaxMessages = 3, Append = false });
        for (int i = 0; i < 8; i++)
        {
            await block.SendAsync(new TestBurst(i)).Soon();
        }

        block.Complete();
        await block.Completion.Soon();
        Assert.True(first.TryReceiveAll(out IList<TestBurst>? few));
        Assert.Equal([0, 1, 2], few!.Select(b => b.Sequence));
        Assert.True(second.TryReceiveAll(out IList<TestBurst>? rest));
        Assert.Equal([3, 4, 5, 6, 7], rest!.Select(b => b.Sequence));
    }

    [Fact]
    public async Task Unlinked_it_keeps_what_comes_for_the_next_link()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(8);
        var first = new BufferBlock<TestBurst>();
        IDisposable link = block.LinkTo(first);
        await block.SendAsync(new TestBurst(0));
        Assert.Equal(0, (await first.ReceiveAsync().Soon()).Sequence);
        link.Dispose();
        await block.SendAsync(new TestBurst(1));
        var second = new BufferBlock<TestBurst>();
        block.LinkTo(second);
        Assert.Equal(1, (await second.ReceiveAsync().Soon()).Sequence);
        Assert.Equal(0, first.Count);
    }

    [Fact]
    public async Task A_declined_burst_goes_to_the_next_link()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(4);
        var even = new BufferBlock<TestBurst>();
        var odd = new BufferBlock<TestBurst>();
        block.LinkTo(new HoldingTarget { Answer = DataflowMessageStatus.DecliningPermanently });
        block.LinkTo(even, b => b.Sequence % 2 == 0);
        block.LinkTo(odd, s_propagate);
        for (int i = 0; i < 20; i++)
        {
            await block.SendAsync(new TestBurst(i)).Soon();
        }

        block.Complete();
        await block.Completion.Soon();
        Assert.Equal(10, even.Count);
        Assert.Equal(10, odd.Count);
    }

    [Fact]
    public async Task A_non_greedy_join_of_two_gets_pairs_and_loses_none()
    {
        IPropagatorBlock<TestBurst, TestBurst> left = Create(4);
        IPropagatorBlock<TestBurst, TestBurst> right = Create(4);
        var join = new JoinBlock<TestBurst, TestBurst>(new GroupingDataflowBlockOptions { Greedy = false });
        left.LinkTo(join.Target1);
        right.LinkTo(join.Target2);
        var pairs = new List<(int, int)>();
        var last = new ActionBlock<Tuple<TestBurst, TestBurst>>(p => pairs.Add((p.Item1.Sequence, p.Item2.Sequence)));
        join.LinkTo(last, s_propagate);
        for (int i = 0; i < 500; i++)
        {
            await Task.WhenAll(left.SendAsync(new TestBurst(i)), right.SendAsync(new TestBurst(i))).Soon();
        }

        left.Complete();
        right.Complete();
        await Task.WhenAll(left.Completion, right.Completion).Soon();
        join.Complete();
        await last.Completion.Soon();
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (i, i)), pairs);
    }

    [Fact]
    public void Refuses_malformed_calls()
    {
        IPropagatorBlock<TestBurst, TestBurst> block = Create(1);
        Assert.Throws<ArgumentNullException>(() => block.LinkTo(null!, s_propagate));
        Assert.Throws<ArgumentNullException>(() => block.LinkTo(new HoldingTarget(), null!));
        Assert.Throws<ArgumentException>(() => block.ConsumeMessage(default, new HoldingTarget(), out _));
        Assert.Throws<ArgumentException>(() => block.ReserveMessage(default, new HoldingTarget()));
        Assert.Throws<ArgumentNullException>(() => block.ReserveMessage(new DataflowMessageHeader(1), null!));
    }
}
