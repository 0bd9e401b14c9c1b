using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>Can be shut, and defers then: a sink, or a limiter, which lets everything through when it is about to go.</summary>
internal sealed class DrawnGate(GraphParts parts, string name, bool isSink) : DrawnStage(parts, name, isSink ? [] : ["out"])
{
    private bool _isShut;

    public void Shut() => _isShut = true;

    public void Open()
    {
        _isShut = false;
        Wake();
    }

    public override void Process(TestBurst burst)
    {
        if (_isShut && (isSink || !Context.IsEnding))
        {
            Context.Defer(burst, isSink ? BlockedReason.DownstreamFull : BlockedReason.RateLimit);
            return;
        }

        Parts.Book.Arrives(burst, Name);
        if (isSink) End(burst);
        else Pass(burst);
    }
}
