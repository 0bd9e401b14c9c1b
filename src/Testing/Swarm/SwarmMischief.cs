using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>What a faulty program does: wrong keys, ranges, lengths (completion.md 3.1).</summary>
internal sealed class SwarmMischief(SwarmEnd end, SplitMix random)
{
    /// <summary>
    /// Makes the index of a key one that no table has: another variant of an index may come into force before the work request is executed.
    /// </summary>
    public const uint NoSuchKey = 0x5A00_0000;

    /// <summary>Makes a work request wrong in one way that its kind knows.</summary>
    public SendWorkRequest Spoil(SendWorkRequest work, int size)
    {
        var isSend = work.Opcode is SendOpcode.Send or SendOpcode.SendWithImmediate or SendOpcode.SendWithInvalidate;
        if (size != 0 && !work.Entries.IsEmpty && random.Chance(30)) return work with { Entries = Spoil(work.Entries.ToArray()) };
        if (isSend) return SpoilSend(work);
        return random.Below(3) switch
        {
            0 => work with { RemoteKey = work.RemoteKey ^ NoSuchKey },
            1 when size != 0 => work with { RemoteAddress = end.Peer.Device.Target.Region.Address + (ulong)end.Peer.Device.Target.Length },
            _ => work with
            {
                RemoteAddress = end.Peer.Device.ReadOnly.Region.Address, RemoteKey = end.Peer.Device.ReadOnly.Region.RemoteKey,
            },
        };
    }

    private static ScatterGatherEntry[] Spoil(ScatterGatherEntry[] entries)
    {
        entries[^1] = entries[^1] with { LocalKey = entries[^1].LocalKey ^ NoSuchKey };
        return entries;
    }

    // Longer than any receive; or a key for the peer to end that is none.
    private SendWorkRequest SpoilSend(SendWorkRequest work)
    {
        if (!end.IsReliable || !work.InlineData.IsEmpty) return work;
        if (work.Opcode == SendOpcode.SendWithInvalidate && random.Chance(50))
            return work with { InvalidateKey = work.InvalidateKey ^ NoSuchKey };
        var constant = end.Device.ReadOnly;
        var first = constant.Region.Entry(0, (ulong)constant.Length);
        return work with { Entries = (ScatterGatherEntry[])[first, first with { Length = (uint)random.Between(1, constant.Length) }] };
    }
}
