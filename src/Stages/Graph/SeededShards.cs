using RdmaPipeline.Graph.Scheduling;

namespace RdmaPipeline.Graph;

/// <summary>
/// Any number of shards in one deterministic order: each step runs one of all delegates that wait, or polls one shard, chosen by the seed.
/// For tests; used by one thread at a time.
/// </summary>
public sealed class SeededShards
{
    private readonly List<SeededDriver> _drivers = [];
    private readonly List<SeededShard> _shards = [];
    private SplitMix _random;

    /// <summary>Makes a world without shards.</summary>
    /// <param name="seed">The seed; the same seed and the same calls give the same order.</param>
    public SeededShards(ulong seed) => _random = new SplitMix(seed);

    /// <summary>Called after every delegate and every poll, with the seat free: the place to check the laws.</summary>
    public Action? Stepped { get; set; }

    /// <summary>
    /// Called when a command waits and no step is left to take: moves the clock on to whatever is next. False: nothing will ever happen.
    /// </summary>
    public Func<bool>? Rested { get; set; }

    /// <summary>Called when a thread lends itself and no step is left to take: to a program that polls in a circle time passes.</summary>
    public Action? Polled { get; set; }

    /// <summary>The shard that took the last step.</summary>
    public ShardScheduler? LastStepped { get; private set; }

    /// <summary>Delegates run and polls made so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Makes a shard of this world.</summary>
    public ShardScheduler CreateScheduler(string name)
    {
        var scheduler = new ShardScheduler(name) { BurstsPerTurn = 1 };
        _shards.Add(new SeededShard(scheduler));
        return scheduler;
    }

    /// <summary>Makes the driver of a shard of this world; its <see cref="ShardDriver.Drive"/> takes one step of the whole world.</summary>
    /// <param name="scheduler">A scheduler that <see cref="CreateScheduler"/> has made.</param>
    /// <param name="work">The shard's traffic and timers.</param>
    /// <param name="faulted">Told once when <see cref="IShardWork.Poll"/> throws.</param>
    public ShardDriver CreateDriver(ShardScheduler scheduler, IShardWork work, Action<Exception> faulted)
    {
        if (!_shards.Exists(s => s.Scheduler == scheduler))
        {
            throw new ArgumentException($"Shard '{scheduler?.Name}' does not belong to these seeded shards.", nameof(scheduler));
        }

        var driver = new SeededDriver(this, scheduler, work, faulted);
        _drivers.Add(driver);
        return driver;
    }

    /// <summary>Has a shard stand still, timers included, as when its process is not given the processor.</summary>
    /// <param name="scheduler">A scheduler that <see cref="CreateScheduler"/> has made.</param>
    /// <param name="paused">False: it goes on.</param>
    public void Pause(ShardScheduler scheduler, bool paused) => _shards.Find(s => s.Scheduler == scheduler)!.IsPaused = paused;

    /// <summary>Runs one delegate, or polls one shard.</summary>
    /// <returns>False when no delegate waits and no poll finds anything to do.</returns>
    public bool Step()
    {
        int ready = 0;
        foreach (SeededShard shard in _shards)
        {
            ready += shard.Collect();
        }

        int choice = ready + _drivers.Count == 0 ? 0 : _random.Below(ready + _drivers.Count);
        bool did = choice < ready ? RunDelegate(choice) : PollFrom(choice - ready);
        return did || (ready > 0 && RunDelegate(_random.Below(ready)));
    }

    /// <summary>Steps until nothing is left to do.</summary>
    /// <param name="limit">The most steps.</param>
    /// <returns>Whether it came to rest within the limit.</returns>
    public bool RunUntilIdle(int limit = int.MaxValue)
    {
        while (limit-- > 0)
        {
            if (!Step())
            {
                return true;
            }
        }

        return false;
    }

    internal bool IsPaused(SeededDriver driver)
    {
        foreach (SeededShard shard in _shards)
        {
            if (shard.IsPaused && shard.Scheduler == driver.Scheduler)
            {
                return true;
            }
        }

        return false;
    }

    internal void Forget(SeededDriver driver) => _drivers.Remove(driver);

    private bool RunDelegate(int choice)
    {
        foreach (SeededShard shard in _shards)
        {
            if (choice < shard.Ready)
            {
                return shard.Run(choice) && CountStep(shard.Scheduler);
            }

            choice -= shard.Ready;
        }

        return false;
    }

    private bool PollFrom(int first)
    {
        for (int i = 0; i < _drivers.Count; i++)
        {
            SeededDriver driver = _drivers[(first + i) % _drivers.Count];
            if (!IsPaused(driver) && driver.PollOnShard())
            {
                return CountStep(driver.Scheduler);
            }
        }

        return false;
    }

    private bool CountStep(ShardScheduler shard)
    {
        LastStepped = shard;
        Steps++;
        Stepped?.Invoke();
        return true;
    }
}
