using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>Changes graphs as the page asks, with the stages that it may put in.</summary>
internal sealed class GraphEdits(IReadOnlyDictionary<string, OfferedStage> offers)
{
    // Of the device's own stages no one can be spared; nor can a device in real time become a simulated one.
    private static readonly HashSet<string> s_own =
    [
        StageNames.Receive, StageNames.Decode, StageNames.Route, StageNames.Dispatch, StageNames.Requester, StageNames.Completer,
        StageNames.Responder, StageNames.AckGenerator, StageNames.Encode, StageNames.Send,
    ];

    private static readonly string[] s_presets =
        [.. Enum.GetValues<PipelinePreset>().Where(preset => preset != PipelinePreset.Simulated).Select(preset => preset.ToString())];

    public EditChoices Choices(DevicePipeline pipeline) => new(
        s_presets,
        [.. offers.Select(offer => new StageOffer(offer.Key, offer.Value.Description))],
        [.. pipeline.Spec.Stages.Select(stage => stage.Name).Where(IsRemovable)],
        [.. pipeline.Revisions.Reverse().Select(RevisionRow.Of)]);

    /// <exception cref="EditRefusedException">What is asked for cannot be.</exception>
    public async Task<RevisionRow> ApplyAsync(DevicePipeline pipeline, EditRequest request, CancellationToken cancellationToken)
    {
        if (request.Seen != 0 && request.Seen != pipeline.Describe().Revision)
        {
            throw new EditRefusedException(
                $"The graph has revision {pipeline.Describe().Revision} by now, you saw {request.Seen}. Look again, then decide.");
        }

        try
        {
            var revision = request.Action == EditAction.Rollback
                ? await pipeline.RollbackAsync(request.Revision, cancellationToken: cancellationToken).ConfigureAwait(false)
                : await pipeline.ReconfigureAsync(spec => Edit(spec, request), cancellationToken: cancellationToken).ConfigureAwait(false);
            return RevisionRow.Of(revision);
        }
        catch (Exception fault) when (fault is StageGraphException or TimeoutException or ArgumentException or InvalidOperationException)
        {
            throw new EditRefusedException(fault.Message, fault);
        }
    }

    private StageGraphSpec<PacketBurst> Edit(StageGraphSpec<PacketBurst> spec, EditRequest request) => request.Action switch
    {
        EditAction.Preset => spec.WithPreset(
            request.Preset ?? throw new EditRefusedException($"preset is missing; it must be one of {string.Join(", ", s_presets)}")),
        EditAction.Insert => Insert(spec, request),
        EditAction.Remove => spec.Remove(Removable(request.Stage)),
        _ => throw new EditRefusedException($"action is {request.Action}; it must be Preset, Insert, Remove or Rollback"),
    };

    private StageGraphSpec<PacketBurst> Insert(StageGraphSpec<PacketBurst> spec, EditRequest request)
    {
        if (request.Stage is null || !offers.TryGetValue(request.Stage, out var offer))
            throw new EditRefusedException($"stage is '{request.Stage}'; it must be one of {string.Join(", ", offers.Keys)}");
        string name = request.Stage;
        for (int number = 2; spec.Find(name) is not null; number++)
            name = $"{request.Stage}-{number}";
        return spec.Insert(name, offer.Factory, request.From ?? "", request.Port ?? StageSpec<PacketBurst>.DefaultOutput);
    }

    private static string Removable(string? stage) => stage is not null && IsRemovable(stage)
        ? stage
        : throw new EditRefusedException($"stage is '{stage}'; the device cannot do without it");

    private static bool IsRemovable(string stage) => !s_own.Contains(stage.Split('.')[0]);
}
