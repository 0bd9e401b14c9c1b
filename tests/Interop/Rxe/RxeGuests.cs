namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>The guests of this run: one for each link MTU. The first question for either boots both side by side.</summary>
public static class RxeGuests
{
    private static readonly Dictionary<int, Lazy<Task<RxeGuest>>> s_guests = new[] { 1500, 9000 }.ToDictionary(
        mtu => mtu, mtu => new Lazy<Task<RxeGuest>>(() => Task.Run(() => RxeGuest.Start(mtu))));

    /// <summary>The guest with this link MTU; null where no guest can run (<see cref="RxePeer.Unavailable"/> says why).</summary>
    public static RxeGuest? Get(int linkMtu)
    {
        if (RxePeer.Unavailable is not null) return null;
        foreach (var guest in s_guests.Values) _ = guest.Value;
        return s_guests[linkMtu].Value.GetAwaiter().GetResult();
    }
}
