using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>Why a message of a service that sends nothing again is lost.</summary>
/// <param name="Shown">The packet that shows it.</param>
/// <param name="Psn">The first PSN that was missing, or went no further.</param>
/// <param name="Reason">Why.</param>
/// <param name="Stage">The stage that dropped it, where the capture says so.</param>
/// <param name="IsCertain">False when it is concluded from what is missing in the capture.</param>
/// <param name="Text">What the capture shows of it, in words.</param>
internal sealed record MessageLoss(
    CapturedTransport Shown, Psn Psn, DropReason Reason, string? Stage, bool IsCertain, string Text);
