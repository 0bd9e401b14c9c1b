namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>A guest for the tests of one collection: booted before the first of them, stopped after the last.</summary>
public abstract class RxeFixture(int linkMtu) : IDisposable
{
    private readonly RxeGuest? _guest = RxePeer.Unavailable is null ? RxeGuest.Start(linkMtu) : null;

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
