using System.Diagnostics.CodeAnalysis;
using RdmaPipeline.Verbs;

namespace RdmaPipeline;

/// <summary>
/// How far the metrics of queue pairs are told apart. Collectors keep about 2 000 streams of a metric: queue pairs and peers one by one are
/// for those who know that they have few. Whatever is chosen, sums only grow: what is not shown by itself, or is gone, is in an
/// <c>other</c> or <c>closed</c> of its own.
/// </summary>
public sealed class QueuePairMetrics : IParsable<QueuePairMetrics>
{
    /// <summary>With more queue pairs than this <see cref="All"/> warns (<see cref="DeviceOptions.Warned"/>).</summary>
    public const int WarningLimit = 1500;

    private QueuePairMetrics(QueuePairDetail detail, int limit = 0, Func<QueuePair, bool>? selects = null) =>
        (Detail, Limit, Selects) = (detail, limit, selects);

    /// <summary>All queue pairs of a device in one.</summary>
    public static QueuePairMetrics None { get; } = new(QueuePairDetail.None);

    /// <summary>By transport service: the default.</summary>
    public static QueuePairMetrics ByTransport { get; } = new(QueuePairDetail.Transport);

    /// <summary>By transport service and the peer's address.</summary>
    public static QueuePairMetrics ByPeer { get; } = new(QueuePairDetail.Peer);

    /// <summary>Every queue pair by itself.</summary>
    public static QueuePairMetrics All { get; } = new(QueuePairDetail.All);

    internal QueuePairDetail Detail { get; }

    internal int Limit { get; }

    internal Func<QueuePair, bool>? Selects { get; }

    /// <summary>By themselves those that moved the most payload of late; looked at once a second at most.</summary>
    /// <param name="count">How many, 1 to <see cref="WarningLimit"/>.</param>
    public static QueuePairMetrics TopK(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, WarningLimit);
        return new QueuePairMetrics(QueuePairDetail.Top, count);
    }

    /// <summary>Reads <c>None</c>, <c>ByTransport</c>, <c>ByPeer</c>, <c>All</c> or <c>TopK:8</c>.</summary>
    /// <param name="s">The text; upper and lower case are alike.</param>
    /// <param name="provider">Ignored.</param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static QueuePairMetrics Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"'{s}' is no choice of metrics of queue pairs.");

    /// <summary>As <see cref="Parse"/>; false in place of an error.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Ignored.</param>
    /// <param name="result">What it says.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out QueuePairMetrics result)
    {
        const string top = "topk:";
        string text = s?.ToLowerInvariant() ?? "";
        bool isTop = text.StartsWith(top, StringComparison.Ordinal);
        result = text switch
        {
            "none" => None,
            "bytransport" => ByTransport,
            "bypeer" => ByPeer,
            "all" => All,
            _ => isTop && int.TryParse(text.AsSpan(top.Length), out int count) && count is >= 1 and <= WarningLimit ? TopK(count) : null,
        };
        return result is not null;
    }

    /// <summary>By themselves those that somebody selects.</summary>
    /// <param name="predicate">Asked once for each queue pair, at the first collection that finds it, by the thread that collects.</param>
    public static QueuePairMetrics Selected(Func<QueuePair, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return new QueuePairMetrics(QueuePairDetail.Selected, selects: predicate);
    }
}
