namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>
/// Whether each packet of an exchange arrived exactly once: what one side sent the other received, and neither had to repeat,
/// skip or wait for anything. The counters of both sides have the same names.
/// </summary>
public static class PacketBalance
{
    /// <summary>
    /// What does not balance, one line each; <paramref name="ours"/> counted from the device's birth or an earlier reading.
    /// </summary>
    public static IReadOnlyList<string> Differences(IReadOnlyDictionary<string, long> ours, GuestCounters guest)
    {
        var found = new List<string>();
        if (ours["sent_pkts"] != guest["rcvd_pkts"])
            found.Add($"we sent {ours["sent_pkts"]} packets, the guest received {guest["rcvd_pkts"]}");
        if (ours["rcvd_pkts"] != guest["sent_pkts"])
            found.Add($"the guest sent {guest["sent_pkts"]} packets, we received {ours["rcvd_pkts"]}");
        foreach (var name in GuestCounters.Disturbances)
        {
            if (ours[name] != 0) found.Add($"ours: {name} {ours[name]}");
            if (guest[name] != 0) found.Add($"guest: {name} {guest[name]}");
        }

        return found;
    }
}
