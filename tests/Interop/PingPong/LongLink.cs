using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>
/// Makes the guest's link half a millisecond long while a message of many packets is exchanged. Soft-RoCE builds packets in one go until
/// 64 of them wait in the link; an emulated link takes them at once, and then its one processor sees no acknowledgement before it has
/// built the whole message, which takes longer than its timer on a slow day. On a real link it pauses, and so it does on a longer one.
/// </summary>
internal sealed class LongLink : IDisposable
{
    private readonly RxeGuest _guest;

    private LongLink(RxeGuest guest)
    {
        _guest = guest;
        guest.Execute("tc qdisc replace dev eth0 root netem delay 500us limit 10000").Expect();
    }

    /// <summary>A longer link where a message has many packets, else null.</summary>
    public static LongLink? For(RxeGuest guest, int size) => size > 64 * guest.PathMtu ? new LongLink(guest) : null;

    /// <summary>Gives the link its usual length.</summary>
    public void Dispose() => _guest.Execute("tc qdisc del dev eth0 root").Expect();
}
