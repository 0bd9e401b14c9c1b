using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>A send work request that is done.</summary>
/// <param name="Start">What it was when it started; where it never did, its PSNs are those of the request before it.</param>
/// <param name="WorkRequestId">The user's id.</param>
/// <param name="Status">How it ended.</param>
/// <param name="IsStarted">It got its PSNs.</param>
/// <param name="IsTraced">The observer has wanted to know more of it.</param>
/// <param name="Unacknowledged">The oldest PSN that was not acknowledged.</param>
/// <param name="Retries">Retries spent since the peer was last heard of.</param>
/// <param name="RnrRetries">Waits for the receiver spent since then.</param>
internal readonly record struct SendEnd(
    SendStart Start, ulong WorkRequestId, WorkCompletionStatus Status, bool IsStarted, bool IsTraced, uint Unacknowledged, int Retries,
    int RnrRetries);
