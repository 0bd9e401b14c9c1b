using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Testing;

/// <summary>Collects what is found; the same text of the same aspect once.</summary>
internal sealed class StageFailures
{
    private readonly List<StageFailure> _all = [];

    public IReadOnlyList<StageFailure> All => _all;

    public BurstStage State { get; set; }

    public void Add(StageAspect aspect, string text)
    {
        if (!_all.Exists(failure => failure.Aspect == aspect && failure.Text == text))
            _all.Add(new StageFailure(aspect, State, text));
    }
}
