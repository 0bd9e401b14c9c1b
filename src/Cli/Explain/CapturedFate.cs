using System.Globalization;
using System.Text.RegularExpressions;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>
/// What the comment of a packet says of it. A simulated network writes one for each place that has seen the packet: so one packet may
/// stand in the capture several times.
/// </summary>
/// <param name="Packet">The packet's number in its network; null where no comment says so: then it stands there once.</param>
/// <param name="Place">What happened there: <c>Sent</c>, <c>Forwarded</c>, <c>Delivered</c>, <c>Lost</c>; empty without a comment.</param>
/// <param name="Stage">The stage that dropped it; null when none did.</param>
/// <param name="Reason">Why it went no further; null when it did.</param>
internal sealed partial record CapturedFate(long? Packet, string Place, string? Stage, string? Reason)
{
    private static readonly CapturedFate s_unknown = new(null, "", null, null);

    /// <summary>It left its sender here, or had left it.</summary>
    public bool IsSent => Packet is null || Place is "Sent" or "Lost";

    /// <summary>It has come to its receiver, who took it.</summary>
    public bool IsHeard => Packet is null || (Place == "Delivered" && Reason is null);

    /// <summary>The reason as stages know it; <see cref="DropReason.None"/> where there is none, or an unknown one.</summary>
    public DropReason Drop => DropReasons.Find(Reason ?? "");

    public static CapturedFate Parse(string? comment)
    {
        if (comment is null || Comment().Match(comment) is not { Success: true } match)
            return s_unknown;
        var (stage, reason) = (match.Groups["stage"], match.Groups["reason"]);
        return new CapturedFate(
            long.Parse(match.Groups["packet"].Value, CultureInfo.InvariantCulture), match.Groups["place"].Value,
            stage.Success ? stage.Value : null, reason.Success ? reason.Value : null);
    }

    // As RdmaTestFabric writes it: seed 7, #12 a→b RcSendOnly QP 0x11 PSN 3, 64 B, Delivered at b, stage decode, dropped: icrc_mismatch
    [GeneratedRegex(@"#(?<packet>\d+) .*, (?<place>\w+) at [^,]+.*?(, stage (?<stage>[\w.]+))?(, dropped: (?<reason>\w+))?$")]
    private static partial Regex Comment();
}
