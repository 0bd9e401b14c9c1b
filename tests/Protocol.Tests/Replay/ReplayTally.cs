namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>What came of the replay of one conversation with each of its hosts in turn.</summary>
internal sealed class ReplayTally
{
    /// <summary>Request packets that Soft-RoCE sent and that were compared with ours.</summary>
    public int Requests { get; set; }

    /// <summary>Response packets likewise.</summary>
    public int Responses { get; set; }

    /// <summary>Send work requests whose completion was compared.</summary>
    public int Sends { get; set; }

    /// <summary>Messages whose delivery was compared.</summary>
    public int Receives { get; set; }

    /// <summary>Packets that are not in the capture and that ours sent too.</summary>
    public int Unrecorded { get; set; }

    public List<Difference> Differences { get; } = [];

    public void Differ(int packet, string what) => Differences.Add(new Difference(packet, what));
}
