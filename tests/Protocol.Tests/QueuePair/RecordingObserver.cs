using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>Writes down what it is told, each call with all its arguments.</summary>
internal sealed class RecordingObserver : IQueuePairObserver
{
    private readonly List<string> _told = [];

    /// <summary>Whether it wants to know more of what starts.</summary>
    public bool Wants { get; set; } = true;

    /// <summary>What traced prefixes get after their first eight bytes; null when they say that there is no trace.</summary>
    public byte? Fills { get; set; }

    /// <summary>What it was told since it was asked last.</summary>
    public string[] Take()
    {
        string[] told = [.. _told];
        _told.Clear();
        return told;
    }

    public bool SendStarted(in SendStart start)
    {
        _told.Add($"started {start.Index} {start.Request} to {start.Destination:x} number {start.Sequence} psn {start.First}-{start.Last}"
            + $" length {start.Length} at {start.Now.Nanoseconds}");
        return Wants;
    }

    public void PrefixBegun(long request, Span<byte> prefix)
    {
        _told.Add($"prefix {request} {Convert.ToHexStringLower(prefix[..8])} of {prefix.Length}");
        if (Fills is not { } value) return;
        prefix[8..].Fill(value);
        TracePrefix.Mark(prefix);
    }

    public void PacketBuilt(long request, uint psn) => _told.Add($"built {request} psn {psn}");

    public void DataPlaced(long request) => _told.Add($"data {request}");

    public void PacketRepeated(long request, uint psn, RetransmitReason reason, Instant now) =>
        _told.Add($"repeated {request} psn {psn} {reason} at {now.Nanoseconds}");

    public void NakReceived(long request, uint psn, NakCode code, Instant now) =>
        _told.Add($"nak {request} psn {psn} {code} at {now.Nanoseconds}");

    public void ReceiverAwaited(long request, uint psn, long nanoseconds, Instant now) =>
        _told.Add($"rnr {request} psn {psn} for {nanoseconds} at {now.Nanoseconds}");

    public void SendEnded(in SendEnd end) => _told.Add(
        $"ended {end.Start.Index} {end.Start.Request} to {end.Start.Destination:x} psn {end.Start.First}-{end.Start.Last}"
        + $" length {end.Start.Length} at {end.Start.Now.Nanoseconds} id {end.WorkRequestId} {end.Status}"
        + $"{(end.IsStarted ? " started" : "")}{(end.IsTraced ? " traced" : "")} una {end.Unacknowledged}"
        + $" retries {end.Retries} rnr {end.RnrRetries}");

    public void ReceiveForeseen(bool isDue) => _told.Add(isDue ? "foreseen" : "come");

    public bool ReceiveStarted(in ReceiveStart start, Instant now)
    {
        _told.Add($"receiving {Written(start)}{(start.IsSampled ? " sampled" : "")} at {now.Nanoseconds}");
        return Wants;
    }

    public void RequestExecuted(uint psn, uint last, uint bytes, bool isComplete, Instant now) =>
        _told.Add($"executed psn {psn} last {last} bytes {bytes}{(isComplete ? " complete" : "")} at {now.Nanoseconds}");

    public void RequestRefused(in ReceiveStart request, DropReason drop, bool isFatal, Instant now) =>
        _told.Add($"refused {Written(request)} {drop}{(isFatal ? " fatal" : "")} at {now.Nanoseconds}");

    public void ReceiveLost(DropReason drop, uint psn) => _told.Add($"lost {drop} psn {psn}");

    public void ResponseBuilt(uint psn, NakCode? nak, bool isReceiverNotReady) =>
        _told.Add($"answered psn {psn} {(isReceiverNotReady ? "RNR" : nak?.ToString() ?? "ack")}");

    private static string Written(in ReceiveStart start) =>
        $"{start.Operation} {start.Source:x} to {start.Destination:x} number {start.Sequence} psn {start.PacketNumber}";
}
