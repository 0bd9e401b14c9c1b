using System.Diagnostics;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>
/// A two-way load between two devices whose graphs are changed meanwhile, with a judgement after each edit: everything sent was delivered,
/// or the medium says that it has lost it; nothing came out of order; the laws of both graphs hold.
/// </summary>
internal sealed class ReshapeRun(RdmaDevice a, RdmaDevice b, TwoWayLoad load, ulong seed)
{
    /// <summary>Rounds without anything to do after which what has not come is looked for.</summary>
    private const int QuietRounds = 20_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DevicePipeline[] _pipelines = [a.GetPipeline(), b.GetPipeline()];
    private readonly RandomGraphEdits _edits = new(seed);
    private readonly SplitMix _random = new(seed + 1);

    /// <summary>The edits that were applied, in turn.</summary>
    public List<(EditKind Kind, TimeSpan Pause)> Applied { get; } = [];

    /// <summary>What was wrong.</summary>
    public List<string> Findings { get; } = [];

    /// <summary>Packets that the medium has lost: the sockets' buffers and the rings of the back-ends.</summary>
    public long DroppedByMedium => _pipelines.Sum(p => p.BackendCounters.TotalDropped);

    /// <summary>Packets that stages have dropped, for any reason.</summary>
    public long DroppedByGraphs => _pipelines.Sum(p => p.Describe().Stages.Sum(stage => stage.DroppedItems));

    /// <summary>One edit of one of the devices under load, and the judgement.</summary>
    public void EditOnce()
    {
        int which = _random.Below(2);
        Load(rounds: _random.Below(40));
        var (kind, edit) = _edits.Begin(_pipelines[which]);
        Complete(edit, kind, _pipelines[which]);
        Load(rounds: _random.Below(40));
        Judge($"edit {Applied.Count}, {kind} of {(which == 0 ? "the first" : "the second")} device");
    }

    /// <summary>The same load without the edit: the control.</summary>
    public void PassOnce()
    {
        Load(rounds: 40 + _random.Below(40));
        Judge("the control");
    }

    /// <summary>An edit of a kind under load, on the first device, without waiting for what is on its way.</summary>
    /// <returns>How long something stood still.</returns>
    public TimeSpan EditUnderLoad(EditKind kind)
    {
        Load(rounds: _random.Below(40));
        Complete(_edits.Begin(_pipelines[0], kind), kind, _pipelines[0]);
        return Applied[^1].Pause;
    }

    /// <summary>Draws a kind of edit that is possible now on the first device.</summary>
    public EditKind ChooseKind() => _edits.Choose(_pipelines[0]);

    /// <summary>Ends the load and looks at what has become of it.</summary>
    public void Judge(string when)
    {
        var before = load.Figures;
        long lost = Settle();
        var figures = load.Figures;
        if (lost > 0 && DroppedByMedium == 0)
            Findings.Add($"{when}: {lost} messages lost, and the medium dropped nothing: {load.Figures}");
        if (figures.Reordered + figures.Damaged + figures.Failed > 0)
            Findings.Add($"{when}: {figures}");
        if (_pipelines.Sum(p => p.DroppedPackets[DropReasons.Name(DropReason.Reconfiguration)]) != 0)
            Findings.Add($"{when}: packets were dropped by the change");
        foreach (var law in _pipelines.SelectMany(AtRest))
            Findings.Add($"{when}: {law}");
        Debug.Assert(figures.Sent == before.Sent, "Nothing is posted while the load is judged.");
    }

    private static bool IsEmpty(DevicePipeline pipeline) => pipeline.Describe().Edges.All(edge => edge.QueuedBursts == 0);

    // Acknowledgements may still be under way: the laws are exact when the device is at rest.
    private IEnumerable<LawViolation> AtRest(DevicePipeline pipeline)
    {
        var waited = Stopwatch.StartNew();
        IReadOnlyList<LawViolation> violations;
        do
        {
            load.Pump(post: false);
            violations = pipeline.CheckLaws();
        }
        while (violations.Count != 0 && waited.Elapsed < TimeSpan.FromSeconds(1));
        return violations;
    }

    private void Load(int rounds)
    {
        for (int round = 0; round < rounds; round++)
            Step(post: true);
    }

    private bool Step(bool post)
    {
        bool worked = load.Pump(post);
        if (!worked)
            Thread.Yield();
        return worked;
    }

    private void Complete(Task<GraphRevision> edit, EditKind kind, DevicePipeline pipeline)
    {
        while (!edit.IsCompleted)
            Step(post: true);
        if (edit.IsFaulted)
        {
            Findings.Add($"edit {Applied.Count}, {kind}: {edit.Exception!.GetBaseException().Message}");
            Applied.Add((kind, TimeSpan.Zero));
            return;
        }
        Applied.Add((kind, edit.Result.Pause));
        if (edit.Result.Number != pipeline.Describe().Revision)
            Findings.Add($"edit {Applied.Count}, {kind}: {edit.Result} but the graph is at revision {pipeline.Describe().Revision}");
    }

    private long Settle()
    {
        var waited = Stopwatch.StartNew();
        long quiet = 0;
        while (!load.IsSettled && quiet < QuietRounds && waited.Elapsed < Patience)
            quiet = Step(post: false) || !load.IsSent || !_pipelines.All(IsEmpty) ? 0 : quiet + 1;
        if (load.IsSettled)
            return 0;
        long before = load.Figures.Lost;
        load.GiveUp();
        return load.Figures.Lost - before;
    }
}
