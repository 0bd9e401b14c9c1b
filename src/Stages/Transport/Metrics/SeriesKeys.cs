using System.Globalization;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>Which group a queue pair belongs to, by how far the user wants them told apart.</summary>
internal sealed class SeriesKeys(QueuePairMetrics metrics, Tag device)
{
    private const string Closed = "closed";
    private const string Other = "other";
    private const string NoPeer = "none";

    /// <summary>Whether services are told apart.</summary>
    public bool IsByTransport => metrics.Detail != QueuePairDetail.None;

    /// <summary>The attribute that tells groups of one transport service apart, and its value now; null when nothing does.</summary>
    public string? ValueOf(SeriesMember member) => metrics.Detail switch
    {
        QueuePairDetail.None or QueuePairDetail.Transport => null,
        QueuePairDetail.Peer => PeerOf(member.Entry.Machine.Path),
        QueuePairDetail.All => member.Entry.IsAgent ? Other : Number(member),
        _ => member.IsSelected == true ? Number(member) : Other,
    };

    /// <summary>The value of those whose group is gone.</summary>
    public static string ValueOfClosed => Closed;

    /// <summary>Whether the group of a value outlives its last queue pair.</summary>
    public static bool IsPermanent(string? value) => value is null or Closed or Other or NoPeer;

    /// <summary>The attributes of a group.</summary>
    public Tag[] TagsOf(string transport, string? value) => metrics.Detail switch
    {
        QueuePairDetail.None => [device],
        QueuePairDetail.Transport => [device, new(AttributeNames.Transport, transport)],
        QueuePairDetail.Peer => [device, new(AttributeNames.Transport, transport), new(AttributeNames.PeerAddress, value)],
        _ => [device, new(AttributeNames.Transport, transport), new(AttributeNames.QueuePairNumber, value)],
    };

    private static string PeerOf(AddressVector? path) => path is null ? NoPeer
        : path.IsGlobal ? path.DestinationGid.ToIPAddress().ToString()
        : $"lid {path.DestinationLid}";

    private static string Number(SeriesMember member) => member.Entry.Number.ToString(CultureInfo.InvariantCulture);
}
