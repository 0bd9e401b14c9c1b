using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Shards;

public sealed class SchedulerTests
{
    [Fact]
    public void The_seat_has_one_holder_and_may_nest_over_shards()
    {
        var a = new ShardScheduler("a");
        var b = new ShardScheduler("b");
        Assert.True(a.TryEnter());
        Assert.False(a.TryEnter());
        Assert.True(b.TryEnter());
        Assert.True(b.IsShardThread);
        Assert.False(a.IsShardThread);
        b.Exit();
        Assert.True(a.IsShardThread);
        a.Exit();
        Assert.False(a.IsTaken);
        Assert.Throws<InvalidOperationException>(a.Exit);
    }

    [Fact]
    public void What_awaits_on_a_shard_goes_on_there_and_not_where_the_driving_thread_came_from()
    {
        var shard = new ShardScheduler();
        SynchronizationContext? before = SynchronizationContext.Current;
        var mine = new SynchronizationContext();
        SynchronizationContext.SetSynchronizationContext(mine);
        try
        {
            var gate = new TaskCompletionSource();
            Task waiting = Task.Factory.StartNew(
                async () =>
                {
                    await gate.Task;
                    Assert.True(shard.IsShardThread);
                },
                CancellationToken.None, TaskCreationOptions.None, shard).Unwrap();
            Assert.True(shard.TryEnter());
            Assert.Equal(1, shard.RunQueue(10));
            Assert.Same(mine, SynchronizationContext.Current);
            gate.SetResult();
            Assert.Equal(1, shard.RunQueue(10));
            shard.Exit();
            Assert.True(waiting.IsCompletedSuccessfully);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [Fact]
    public void Tasks_run_only_when_the_queue_is_run_and_in_order()
    {
        var shard = new ShardScheduler();
        var order = new List<int>();
        for (int i = 0; i < 5; i++)
        {
            int n = i;
            Task.Factory.StartNew(() => order.Add(n), CancellationToken.None, TaskCreationOptions.None, shard);
        }

        Assert.True(shard.HasWork);
        Assert.True(shard.TryEnter());
        Assert.Equal(2, shard.RunQueue(2));
        Assert.Equal([0, 1], order);
        Assert.Equal(3, shard.RunQueue(100));
        shard.Exit();
        Assert.Equal([0, 1, 2, 3, 4], order);
        Assert.False(shard.HasWork);
    }

    [Fact]
    public async Task Tasks_of_many_threads_never_overlap()
    {
        using var shard = new TestShard(ShardDriverKind.Hybrid);
        int inside = 0;
        int count = 0;
        void Enter()
        {
            Assert.Equal(1, Interlocked.Increment(ref inside));
            count++;
            Interlocked.Decrement(ref inside);
        }

        Task Flood() => Task.Run(() => Task.WhenAll(Enumerable.Range(0, 2000).Select(_ => shard.Run(Enter))));
        await Task.WhenAll(Flood(), Flood(), Flood(), Flood()).Soon();
        Assert.Equal(8000, count);
    }

    [Fact]
    public void A_seed_decides_the_order_of_waiting_delegates()
    {
        List<int> Run(ulong seed)
        {
            var shards = new SeededShards(seed);
            ShardScheduler scheduler = shards.CreateScheduler("s");
            var order = new List<int>();
            for (int i = 0; i < 10; i++)
            {
                int n = i;
                Task.Factory.StartNew(() => order.Add(n), CancellationToken.None, TaskCreationOptions.None, scheduler);
            }

            Assert.True(shards.RunUntilIdle());
            return order;
        }

        Assert.Equal(Run(5), Run(5));
        Assert.Equal(Enumerable.Range(0, 10), Run(5).Order());
        Assert.True(Enumerable.Range(1, 20).Select(s => string.Join(',', Run((ulong)s))).Distinct().Count() > 10);
    }

    [Fact]
    public void A_seeded_world_polls_its_shards_and_comes_to_rest()
    {
        var shards = new SeededShards(3);
        using var work = new CountdownWork(10);
        ShardScheduler scheduler = shards.CreateScheduler("s");
        using ShardDriver driver = shards.CreateDriver(scheduler, work, e => throw e);
        Assert.True(shards.RunUntilIdle());
        Assert.Equal(0, work.Left);
        Assert.Equal(ShardDriverKind.Seeded, driver.Kind);
        Assert.False(driver.Drive());
        Assert.Throws<ArgumentException>(() => shards.CreateDriver(new ShardScheduler(), work, e => throw e));
    }

    [Fact]
    public void Drivers_are_started_only_with_what_they_need()
    {
        using var work = new EventWork();
        Assert.Throws<ArgumentOutOfRangeException>(() => ShardDriver.Start(ShardDriverKind.Seeded, new ShardScheduler(), work, _ => { }));
        Assert.Throws<ArgumentNullException>(() => ShardDriver.Start(ShardDriverKind.Hybrid, null!, work, _ => { }));
    }

    private sealed class CountdownWork(int left) : IShardWork, IDisposable
    {
        public int Left { get; private set; } = left;

        public long NowNanoseconds => 0;

        public long NextDeadlineNanoseconds => long.MaxValue;

        public bool Poll() => Left > 0 && Left-- > 0;

        public bool WaitForWork(long timeoutNanoseconds) => false;

        public void Wake()
        {
        }

        public void Dispose()
        {
        }
    }
}
