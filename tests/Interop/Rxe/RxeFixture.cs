namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>Lends a guest to the tests of one collection, and stops it after the last of them.</summary>
public abstract class RxeFixture(int linkMtu) : IDisposable
{
    private readonly RxeGuest? _guest = RxeGuests.Get(linkMtu);

    /// <summary>The guest; skips the test, saying why, where none can run.</summary>
    public RxeGuest Guest
    {
        get
        {
            Skip.If(_guest is null, $"no Soft-RoCE guest: {RxePeer.Unavailable}");
            return _guest!;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _guest?.Dispose();
}
