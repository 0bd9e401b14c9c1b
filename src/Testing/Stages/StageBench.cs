using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>A stage between a source and a sink, in a seeded world with virtual time, watched at every step.</summary>
internal sealed class StageBench : IPayloadWatch
{
    public const string Probe = "stage";

    private const int StepLimit = 50_000;
    private const int EdgeCapacity = 4;

    private readonly StageConformanceOptions _options;
    private readonly SeededShards _world;
    private readonly StageGraph<PacketBurst> _graph;
    private readonly StageClock _clock;
    private readonly IStageHost<PacketBurst> _host;
    private readonly IHoldingStage<PacketBurst>? _holder;
    private readonly StageFeed _feed = new();
    private readonly List<PacketBurst> _given = [];
    private readonly List<(PacketBurst Burst, string Look)> _shown = [];
    private readonly Dictionary<PacketBurst, string> _released = [];
    private readonly long _limit;
    private bool _lawBroken;
    private long? _endingSince;

    public StageBench(
        IStage<PacketBurst> stage, StageConformanceOptions options, BurstStage state, StageFailures failures, bool segmented = false)
    {
        _options = options;
        Failures = failures;
        Traffic = new StageTraffic(state, segmented, options.Seed);
        _world = new SeededShards(options.Seed) { Stepped = CheckLaws };
        var scheduler = _world.CreateScheduler("kit");
        _clock = new StageClock(scheduler, StageTraffic.MakeCodec(segmented));
        _limit = _clock.NowNanoseconds + (long)options.Patience.TotalNanoseconds;
        _graph = Describe(stage).Build(new StageGraphOptions
        {
            Shards = [new ShardAssignment(0, scheduler) { Services = _clock }],
            Faulted = OnFault,
        });
        _host = _graph[Probe];
        _holder = stage as IHoldingStage<PacketBurst>;
    }

    public StageFailures Failures { get; }

    public StageTraffic Traffic { get; }

    public StageCatch Sink { get; } = new();

    /// <summary>What loss and disorder are reported as.</summary>
    public StageAspect FlowAspect { get; set; } = StageAspect.Flow;

    /// <summary>Whether the stage has thrown, or does not come to rest: then nothing more is to be learnt.</summary>
    public bool HasThrown { get; private set; }

    public StageGraph<PacketBurst> Graph => _graph;

    /// <summary>The block around the stage, also when that is out of the graph.</summary>
    public IStageHost<PacketBurst> Host => _host;

    /// <summary>Whether the stage keeps bursts back.</summary>
    public bool Holds => _holder is { Held.Bursts: > 0 };

    /// <summary>The bursts that the stage was offered.</summary>
    public IReadOnlyList<PacketBurst> Given => _given;

    public IReadOnlyList<(PacketBurst Burst, string Look)> Shown => _shown;

    public IReadOnlyDictionary<PacketBurst, string> ReleasedLooks => _released;

    public int RentedByStage => _clock.Pool.Outstanding;

    public StageConformanceOptions Options => _options;

    /// <summary>The numbers of the packets that the stage was given.</summary>
    public List<uint> Numbers { get; } = [];

    /// <summary>Hands bursts to the source; every third is shown to somebody else, who keeps it.</summary>
    public void Feed(Func<PacketBurst> make)
    {
        // All are made before the first is let go, so that none is used twice.
        for (var i = 0; i < _options.Bursts; i++)
        {
            var burst = make();
            burst.PayloadWatch = this;
            _given.Add(burst);
            if (i % 3 == 0 && burst.State != BurstStage.Unencoded)
            {
                burst.Retain();
                _shown.Add((burst, PacketText.Of(burst)));
            }

            for (var packet = 0; packet < burst.Count; packet++)
                Numbers.Add(StageTraffic.NumberOf(burst, packet));
            _feed.Add(burst);
        }

        _feed.Wake();
    }

    public void Step(int steps) => Watch(() =>
    {
        while (steps-- > 0 && _world.Step())
        {
            // As far as asked for.
        }
    });

    /// <summary>Runs until nothing moves any more, not even by waiting.</summary>
    public void Run() => Watch(() =>
    {
        do
        {
            if (!_world.RunUntilIdle(StepLimit))
            {
                HasThrown = true;
                Failures.Add(StageAspect.Flow, "It never comes to rest: its pump says for ever that it has more work, or it wakes itself.");
                return;
            }
        }
        while (_clock.AdvanceToNext(_limit));
    });

    /// <summary>Takes the stage out of the running graph, as whoever edits one does.</summary>
    /// <param name="inTime">Whether time may pass until it is out; else the change is given up when nothing moves any more.</param>
    /// <returns>Whether it is out.</returns>
    public bool TakeOut(bool inTime)
    {
        using var patience = new CancellationTokenSource();
        var change = _graph.ReconfigureAsync(graph => graph.Remove(Probe), Timeout.InfiniteTimeSpan, patience.Token);
        Watch(() =>
        {
            for (var steps = 0; _graph.Revision == 1 && !change.IsCompleted && steps < StepLimit; steps++)
            {
                if (!_world.Step() && !(inTime && _clock.AdvanceToNext(_limit)))
                    break;
            }

            var isOut = _graph.Revision != 1;
            if (!isOut)
                patience.Cancel();
            // A stage that is out may have something of its own to finish, elsewhere.
            while (!change.IsCompleted)
            {
                if (!_world.Step())
                    Thread.Yield();
            }
        });
        _ = change.Exception;
        return _graph.Revision != 1;
    }

    /// <summary>Takes back what the source still has.</summary>
    /// <returns>Packets that the stage was not given after all.</returns>
    public void TakeBack()
    {
        var left = _feed.Left;
        var packets = _given.TakeLast(left).Sum(burst => burst.Count);
        Numbers.RemoveRange(Numbers.Count - packets, packets);
        _feed.Release();
    }

    void IPayloadWatch.Released(PacketBurst burst) => _released[burst] = PacketText.Of(burst);

    private StageGraphBuilder<PacketBurst> Describe(IStage<PacketBurst> stage) =>
        new StageGraphBuilder<PacketBurst>("kit", hop: HopPolicy.Queued)
            .Source(_feed.Name, () => _feed)
            .Stage(new StageSpec<PacketBurst> { Name = Probe, Factory = () => stage, Capacity = EdgeCapacity })
            .Stage(new StageSpec<PacketBurst> { Name = Sink.Name, Factory = () => Sink, Outputs = [], Capacity = EdgeCapacity })
            .Edge(_feed.Name, Probe)
            .Edge(Probe, Sink.Name);

    // What goes wrong outside the stage is a burst that another stage, or the graph, finds gone.
    private void Watch(Action run)
    {
        if (HasThrown && _graph.State != StageGraphState.Faulted)
            return;
        try
        {
            run();
        }
        catch (InvalidOperationException exception)
        {
            HasThrown = true;
            Failures.Add(StageAspect.Ownership, $"It lets go of a burst that it passes on too: {exception.Message}");
        }
    }

    private void OnFault(string stage, Exception exception)
    {
        if (stage != Probe)
            return;
        HasThrown = true;
        Failures.Add(StageAspect.Faults,
            $"It threw {exception.GetType().Name}: {exception.Message} An exception stops the whole device; what is wrong with a packet"
            + " is a DropReason.");
    }

    /// <summary>For how long the stage has been told to end.</summary>
    public long EndingNanoseconds => _endingSince is { } since ? _clock.NowNanoseconds - since : 0;

    private void CheckLaws()
    {
        _endingSince = _host.IsEnding ? _endingSince ?? _clock.NowNanoseconds : null;
        if (_lawBroken || HasThrown || _graph.State == StageGraphState.Faulted)
            return;
        foreach (var violation in GraphLaws.Check(_graph))
        {
            _lawBroken = true;
            Failures.Add(StageAspect.Telemetry, $"Its counts do not add up: {Explain(violation)}");
        }
    }

    private static string Explain(LawViolation violation) => violation.Law switch
    {
        "stage" => "what it consumed and created has to be what it produced, ended, dropped and holds (Drop, Context.Created,"
            + " Context.Ended; whoever keeps bursts is an IHoldingStage).",
        "edge" => "a burst has changed its number of packets on the edge in front of the stage or behind it.",
        _ => "a burst waits at an edge and nobody fetches it.",
    };
}
