using RdmaPipeline.Graph.Scheduling;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.Graph.Tests.Shards;

/// <summary>
/// No wake-up is lost: threads post, send traffic, arm timers, drive and hand over in random interleavings, then all of them go away for
/// good; the background thread alone must finish what is left. A hang is the failure.
/// </summary>
public sealed class DriverStressTests
{
    public static TheoryData<ShardDriverKind> Kinds => [ShardDriverKind.Hybrid, ShardDriverKind.Dedicated, ShardDriverKind.Polling];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Nothing_is_left_undone(ShardDriverKind kind)
    {
        ulong seed = (ulong)Environment.TickCount64;
        int rounds = kind == ShardDriverKind.Polling ? 15 : 60; // a thread that never rests makes each round longer
        for (int round = 0; round < rounds; round++, seed++)
        {
            using var scene = new DriverScene(kind);
            Task<long>[] users = [.. Enumerable.Range(0, 3).Select(user => Task.Run(() => scene.Play(seed * 31 + (ulong)user, 400)))];
            await Task.WhenAll(users).Soon();
            long expected = users.Sum(u => u.Result);
            try
            {
                await scene.WaitFor(expected).Soon();
            }
            catch (TimeoutException)
            {
                Assert.Fail($"seed {seed}, round {round}: {scene.Served} of {expected} served by the {kind} driver.");
            }
        }
    }

    // Else whoever has something to do waits a scheduler tick for each idle one that spins on.
    [Fact]
    public void A_shard_that_never_parks_offers_its_processor()
    {
        using var scene = new DriverScene(ShardDriverKind.Polling);
        Assert.True(SpinWait.SpinUntil(() => scene.Background.Yields > 0, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task A_single_post_to_a_sleeping_shard_is_run_every_time()
    {
        using var scene = new DriverScene(ShardDriverKind.Hybrid);
        for (int i = 1; i <= 2000; i++)
        {
            scene.Post();
            await scene.WaitFor(i).Soon();
        }
    }

    [Theory]
    [InlineData(ShardDriverKind.Hybrid)]
    [InlineData(ShardDriverKind.Dedicated)]
    public async Task A_post_to_a_parked_shard_wakes_it_every_time(ShardDriverKind kind)
    {
        using var scene = new DriverScene(kind);
        for (int i = 1; i <= 500; i++)
        {
            SpinWait.SpinUntil(() => scene.Background.IsParked);
            if (i % 3 == 0)
            {
                scene.Arrive();
            }
            else
            {
                scene.Post();
            }

            await scene.WaitFor(i).Soon();
        }

        // Each post was served. Nearly each by a wake: one that comes between the announcement of the park and the last look needs none.
        Assert.InRange(scene.Background.Wakes, 1, 500);
    }

    [Theory]
    [InlineData(ShardDriverKind.Hybrid)]
    [InlineData(ShardDriverKind.Dedicated)]
    public async Task Work_queued_just_before_the_shard_parks_is_seen(ShardDriverKind kind)
    {
        using var scene = new DriverScene(kind);
        for (int i = 0; i < 20; i++)
        {
            SpinWait.SpinUntil(() => scene.Background.IsParked);
            scene.Traffic.Leaving = () => Task.Run(scene.Post).Wait();
            scene.Post();
            await scene.WaitFor(2 * (i + 1)).Soon();
        }
    }

    [Fact]
    public async Task Work_that_a_user_causes_beyond_his_budget_wakes_the_parked_thread()
    {
        using var scene = new DriverScene(ShardDriverKind.Hybrid);
        const int Caused = 4 * ShardDriver.QueueBudget;
        for (int i = 1; i <= 20; i++)
        {
            SpinWait.SpinUntil(() => scene.Background.IsParked);
            scene.Traffic.Polling = () =>
            {
                for (int n = 0; n < Caused; n++)
                {
                    scene.Post();
                }
            };
            scene.Driver.Drive();
            await scene.WaitFor(i * Caused).Soon();
        }
    }

    [Fact]
    public async Task A_timer_that_a_user_arms_wakes_the_thread_parked_without_limit()
    {
        using var scene = new DriverScene(ShardDriverKind.Hybrid);
        for (int i = 1; i <= 20; i++)
        {
            SpinWait.SpinUntil(() => scene.Background.IsParked);
            scene.Traffic.Polling = () => scene.ArmNow(1_000_000);
            scene.Driver.Drive();
            await scene.WaitFor(i).Soon();
        }
    }

    [Fact]
    public async Task A_hand_over_ends_the_nap()
    {
        using var scene = new DriverScene(ShardDriverKind.Hybrid);
        int served = 0;
        for (int i = 0; i < 200; i++)
        {
            while (!scene.Background.IsNapping)
            {
                scene.Post(); // the background thread is called, and finds in the end that a user drives
                served++;
                for (int n = 0; n < 20; n++)
                {
                    scene.Driver.Drive();
                }
            }

            scene.Driver.Handover();
            scene.Post();
            served++;
            await scene.WaitFor(served).Soon();
        }
    }

    [Fact]
    public async Task Work_a_driving_user_leaves_behind_is_finished_when_he_goes_away()
    {
        for (int round = 0; round < 200; round++)
        {
            using var scene = new DriverScene(ShardDriverKind.Hybrid);
            int spins = 0;
            while (spins++ < 50)
            {
                scene.Driver.Drive();
            }

            for (int i = 0; i < ShardDriver.QueueBudget * 5; i++)
            {
                scene.Post();
            }

            scene.Driver.Drive(); // one budget, and then he never comes back
            await scene.WaitFor(ShardDriver.QueueBudget * 5).Soon();
        }
    }

    [Fact]
    public async Task A_timer_armed_by_a_driving_user_is_served_after_he_goes_away()
    {
        for (int round = 0; round < 50; round++)
        {
            using var scene = new DriverScene(ShardDriverKind.Hybrid);
            scene.ArmOnShard(2_000_000);
            scene.Driver.Drive();
            await scene.WaitFor(2).Soon();
        }
    }

    [Fact]
    public async Task While_a_user_drives_hard_the_background_thread_is_not_woken_for_each_packet()
    {
        using var scene = new DriverScene(ShardDriverKind.Hybrid);
        const int Packets = 20_000;
        await Task.Run(() =>
        {
            for (int i = 0; i < Packets; i++)
            {
                scene.Arrive();
                scene.Post();
                int before = i * 2;
                while (scene.Served < before + 2)
                {
                    scene.Driver.Drive();
                }
            }
        }).Soon();
        long wakes = scene.Background.Wakes;
        Assert.True(wakes + scene.Traffic.WakeCalls < Packets / 4, $"{wakes} wakes, {scene.Traffic.WakeCalls} calls");
        await scene.WaitFor(Packets * 2).Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task It_stops_cleanly_from_outside_and_from_its_own_thread(ShardDriverKind kind)
    {
        using (var scene = new DriverScene(kind))
        {
            scene.Post();
            await scene.Driver.StopAsync().Soon();
            await scene.Driver.StopAsync().Soon();
            Assert.False(scene.Driver.Drive());
        }

        using var other = new DriverScene(kind);
        var disposed = new TaskCompletionSource();
        other.Traffic.Arrive(() =>
        {
            other.Driver.Dispose();
            disposed.SetResult();
        });
        await disposed.Task.Soon();
        await other.Driver.StopAsync().Soon();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_poll_that_throws_is_reported_once_and_the_queue_still_runs(ShardDriverKind kind)
    {
        using var scene = new DriverScene(kind);
        scene.Traffic.Arrive(() => throw new InvalidOperationException("a bug"));
        scene.Driver.Drive();
        Assert.Equal("a bug", (await scene.Fault.Soon()).Message);
        scene.Post();
        scene.Driver.Drive();
        await scene.WaitFor(1).Soon();
    }
}
