namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>
/// Whether each packet of an exchange arrived exactly once: what one side sent the other received or counted as dropped, and neither had to
/// repeat, skip or wait for anything. The counters of both sides have the same names.
/// </summary>
public static class PacketBalance
{
    /// <summary>
    /// What does not balance, one line each; <paramref name="ours"/> counted from the device's birth or an earlier reading.
    /// <paramref name="uncounted"/> packets say what else may have become of some.
    /// </summary>
    public static IReadOnlyList<string> Differences(
        IReadOnlyDictionary<string, long> ours, GuestCounters guest, UncountedPackets uncounted = default)
    {
        var found = new List<string>();
        var toGuest = ours["sent_pkts"] + uncounted.OwnOfGuest - guest["rcvd_pkts"] - uncounted.DroppedByGuest;
        if (toGuest < 0 || toGuest > uncounted.LeftToGuest)
            found.Add($"we sent {ours["sent_pkts"]} packets, the guest received {guest["rcvd_pkts"]}; {uncounted}");
        var toUs = guest["sent_pkts"] - ours["rcvd_pkts"] - uncounted.DroppedByUs;
        if (toUs < 0 || toUs > uncounted.LeftToUs)
            found.Add($"the guest sent {guest["sent_pkts"]} packets, we received {ours["rcvd_pkts"]}; {uncounted}");
        foreach (var name in GuestCounters.Disturbances)
        {
            if (ours[name] != 0) found.Add($"ours: {name} {ours[name]}");
            if (guest[name] != 0) found.Add($"guest: {name} {guest[name]}");
        }

        return found;
    }

    /// <summary>
    /// Whether nothing but Soft-RoCE's impatience is to be seen: it starts its retransmit timer with the first packet and does not start it
    /// again when that is acknowledged, so the timer may fire a moment after a later message has left ("some timeouts are spurious since we
    /// do not reset the timer", says Linux 6.1), and that message is sent twice although nothing was lost or late. Where the message was
    /// the last, our end may cut its repetition of <paramref name="messagePackets"/>: some find nobody, as may the acknowledgement of the
    /// others.
    /// </summary>
    public static bool IsImpatienceOfTheGuest(IReadOnlyDictionary<string, long> ours, GuestCounters guest,
        UncountedPackets uncounted = default, int messagePackets = 0)
    {
        var isCut = guest["sent_pkts"] - ours["rcvd_pkts"] - uncounted.DroppedByUs > uncounted.LeftToUs;
        var cut = uncounted with { LeftToUs = uncounted.LeftToUs + messagePackets, LeftToGuest = uncounted.LeftToGuest + 1 };
        return guest["completer_retry_err"] > 0 && (isCut || ours["duplicate_request"] > 0)
            && Differences(ours, guest, isCut ? cut : uncounted)
                .All(d => d.StartsWith("guest: completer_retry_err") || d.StartsWith("ours: duplicate_request"));
    }
}
