using System.Diagnostics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>
/// A two-way load between two devices whose graphs are changed meanwhile, with a judgement after each edit: by counts of packets everything
/// sent in this interval was delivered, or the medium says that it has lost it, and the graphs lost nothing; nothing came out of order; the
/// laws of both graphs hold, and each runs as its description says.
/// </summary>
internal sealed class ReshapeRun(RdmaDevice a, RdmaDevice b, TwoWayLoad load, ulong seed)
{
    /// <summary>Rounds without anything to do after which what has not come is looked for.</summary>
    private const int QuietRounds = 20_000;

    /// <summary>Times that more is sent because a medium tells of what it has lost with the next packet.</summary>
    private const int Nudges = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DevicePipeline[] _pipelines = [a.GetPipeline(), b.GetPipeline()];
    private readonly RandomGraphEdits _edits = new(seed);
    private readonly SplitMix _random = new(seed + 1);
    private PacketAccount _before = PacketAccount.Take([a.GetPipeline(), b.GetPipeline()]);

    /// <summary>The edits that were applied, in turn.</summary>
    public List<(EditKind Kind, TimeSpan Pause)> Applied { get; } = [];

    /// <summary>The edits that were to go wrong, in turn, and whether they did.</summary>
    public List<(EditTrouble Trouble, bool WentWrong)> Troubles { get; } = [];

    /// <summary>What was wrong.</summary>
    public List<string> Findings { get; } = [];

    /// <summary>Packets that the medium has lost: the sockets' buffers and the rings of the back-ends.</summary>
    public long DroppedByMedium => _pipelines.Sum(p => p.BackendCounters.TotalDropped);

    /// <summary>Packets that stages have dropped, for any reason.</summary>
    public long DroppedByGraphs => _pipelines.Sum(p => p.Describe().Stages.Sum(stage => stage.DroppedItems));

    private TroubledEdits Troubled => field ??= new TroubledEdits(_edits, seed + 2);

    /// <summary>One edit of one of the devices under load, and the judgement.</summary>
    public void EditOnce()
    {
        int which = _random.Below(2);
        Load(rounds: _random.Below(40));
        var (kind, edit) = _edits.Begin(_pipelines[which]);
        Complete(edit, kind, _pipelines[which]);
        Load(rounds: _random.Below(40));
        Judge($"edit {Applied.Count}, {kind} of {Name(which)}");
    }

    /// <summary>One edit that goes wrong, of one of the devices under load, and the judgement.</summary>
    public void TroubleOnce() => TroubleOnce(Troubled.Choose());

    /// <summary>One edit that goes wrong in a way, and the judgement.</summary>
    public void TroubleOnce(EditTrouble trouble)
    {
        int which = _random.Below(2);
        TroubleOnce(which, trouble, companion => Troubled.Make(trouble, _pipelines[which], companion));
    }

    /// <summary>An edit of the first device with one of the descriptions that cannot be, and the judgement.</summary>
    public void RefuseOnce(int number) => TroubleOnce(0, EditTrouble.Invalid, _ => TroubledEdits.Invalid(number));

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

    /// <summary>Ends the load and looks at what has become of it since the last time.</summary>
    public void Judge(string when)
    {
        long lost = Settle();
        var interval = Balance(ref lost);
        var figures = load.Figures;
        foreach (string wrong in interval.Judge(lost))
            Findings.Add($"{when}: {wrong}");
        if (load.FiguresOf(QueuePairType.ReliableConnection).Lost > 0)
            Findings.Add($"{when}: a reliable connection lost messages: {figures}");
        if (figures.Reordered + figures.Damaged + figures.Failed > 0)
            Findings.Add($"{when}: {figures}");
        if (_pipelines.Sum(p => p.DroppedPackets[DropReasons.Name(DropReason.Reconfiguration)]) != 0)
            Findings.Add($"{when}: packets were dropped by the change");
        foreach (var law in _pipelines.SelectMany(p => p.CheckLaws()))
            Findings.Add($"{when}: {law}");
        foreach (string gap in _pipelines.SelectMany(GraphShape.Gaps))
            Findings.Add($"{when}: {gap}");
    }

    private static string Name(int which) => which == 0 ? "the first device" : "the second device";

    private static bool IsEmpty(DevicePipeline pipeline) => pipeline.Describe().Edges.All(edge => edge.QueuedBursts == 0);

    private void TroubleOnce(int which, EditTrouble trouble, Func<string, TroubledEdit> make)
    {
        var pipeline = _pipelines[which];
        Load(rounds: _random.Below(40));
        var companion = Troubled.MakeCompanion(trouble);
        if (companion is not null)
            Change(pipeline, spec => spec.Insert(companion.Name, () => companion, StageNames.Receive));
        (companion as DamStage)?.Close();
        while (companion is DamStage { Holds: false })
            Step(post: true);
        var troubled = make(companion?.Name ?? "");
        string when = $"trouble {Troubles.Count}, {trouble} ({troubled.Words}) of {Name(which)}";
        Attempt(troubled, pipeline, when);
        (companion as DamStage)?.Open();
        if (companion is not null)
            Change(pipeline, spec => spec.Remove(companion.Name));
        Load(rounds: _random.Below(40));
        Judge(when);
    }

    private void Attempt(TroubledEdit troubled, DevicePipeline pipeline, string when)
    {
        var before = GraphShape.Of(pipeline);
        using var cancel = new CancellationTokenSource();
        if (troubled.CancelAfter == 0)
            cancel.Cancel();
        var edit = pipeline.ReconfigureAsync(troubled.Edit, troubled.Timeout, cancel.Token);
        for (int round = 1; !edit.IsCompleted; round++)
        {
            if (round == troubled.CancelAfter)
                cancel.Cancel();
            Step(post: true);
        }
        Troubles.Add((troubled.Trouble, !edit.IsCompletedSuccessfully));
        if (edit.IsCompletedSuccessfully)
        {
            if (!troubled.MayBeApplied || edit.Result.Number != pipeline.Describe().Revision)
                Findings.Add($"{when}: {edit.Result} was applied");
            return;
        }
        var error = edit.Exception?.GetBaseException() ?? ErrorOf(edit);
        if (!troubled.Expects(edit.Exception?.InnerException ?? error))
            Findings.Add($"{when}: {error.GetType().Name}: {error.Message}");
        Findings.AddRange(before.DifferencesTo(pipeline).Select(difference => $"{when}: {difference}"));
        CheckListed(troubled, before, pipeline, when);
    }

    private static Exception ErrorOf(Task edit)
    {
        try
        {
            edit.GetAwaiter().GetResult();
            throw new InvalidOperationException("The edit has not failed.");
        }
        catch (OperationCanceledException cancelled)
        {
            return cancelled;
        }
    }

    private void CheckListed(TroubledEdit troubled, GraphShape before, DevicePipeline pipeline, string when)
    {
        var last = pipeline.Revisions[^1];
        bool isListed = last.Number != before.LastAttempt;
        bool mayBegin = troubled.Outcome is not null;
        bool mustBegin = mayBegin && !troubled.MayBeApplied;
        if (isListed ? !mayBegin || last.Outcome != troubled.Outcome || last.Error is null : mustBegin)
            Findings.Add($"{when}: listed as {last}");
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

    private void Change(DevicePipeline pipeline, Func<StageGraphSpec<PacketBurst>, StageGraphSpec<PacketBurst>> change)
    {
        var edit = pipeline.ReconfigureAsync(change);
        while (!edit.IsCompleted)
            Step(post: true);
        edit.GetAwaiter().GetResult();
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

    // Acknowledgements may still be under way, and a kernel tells of what it has dropped with the next packet that it has not.
    private PacketAccount Balance(ref long lost)
    {
        var interval = Rest();
        for (int nudge = 0; nudge < Nudges && !interval.IsMediumBalanced; nudge++)
        {
            Load(rounds: 1);
            lost += Settle();
            interval = Rest();
        }
        _before += interval;
        return interval;
    }

    private PacketAccount Rest()
    {
        var waited = Stopwatch.StartNew();
        int quiet = 0;
        PacketAccount interval;
        do
        {
            quiet = load.Pump(post: false) ? 0 : quiet + 1;
            interval = PacketAccount.Take(_pipelines) - _before;
        }
        while (!(interval.IsMediumBalanced && interval.LostByGraphs == 0 && _pipelines.All(p => p.CheckLaws().Count == 0))
            && (quiet < QuietRounds || waited.Elapsed < TimeSpan.FromSeconds(1)) && waited.Elapsed < Patience);
        return interval;
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
