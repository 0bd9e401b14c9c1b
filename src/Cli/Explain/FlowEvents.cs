using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Cli.Explain;

/// <summary>The events of a flow, in order. Packets that are sent again one after the other are one event.</summary>
internal sealed class FlowEvents(long origin)
{
    private readonly List<ExplainedEvent> _all = [];
    private int _run;
    private Psn _runEnd;
    private string _runText = "";

    public IReadOnlyList<ExplainedEvent> All => _all;

    public void Add(CapturedTransport packet, string kind, string text)
    {
        _all.Add(new ExplainedEvent(packet.Nanoseconds - origin, packet.Number, packet.Psn.Value, kind, text));
        EndRun();
    }

    /// <summary>Adds a packet to those just before it, if it follows them.</summary>
    public void AddToRun(CapturedTransport packet, string kind, string text)
    {
        if (_run > 0 && packet.Psn == _runEnd)
        {
            _run++;
            _all[^1] = _all[^1] with { Text = $"{_runText} ({_run} packets)" };
        }
        else
        {
            Add(packet, kind, text);
            (_run, _runText) = (1, text);
        }
        _runEnd = packet.Psn.Next;
    }

    /// <summary>What comes now is no longer the same.</summary>
    public void EndRun() => _run = 0;
}
