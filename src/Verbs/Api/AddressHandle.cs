namespace RdmaPipeline.Verbs;

/// <summary>
/// Where datagrams go. A send keeps what the handle stood for when it was posted: changing or disposing of the handle does not touch it.
/// All members may be called from any thread.
/// </summary>
public sealed class AddressHandle : IDisposable
{
    private volatile DatagramDestination _destination;
    private int _disposed;

    internal AddressHandle(ProtectionDomain domain, AddressVector vector)
    {
        ProtectionDomain = domain;
        _destination = new DatagramDestination(vector, domain.Handle);
    }

    /// <summary>The domain it belongs to, which must be that of the queue pairs that use it (R-REQ-57).</summary>
    public ProtectionDomain ProtectionDomain { get; }

    /// <summary>The device it belongs to.</summary>
    public RdmaDevice Device => ProtectionDomain.Device;

    internal DatagramDestination Destination => _destination;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>The way it stands for.</summary>
    /// <returns>What it was made of, or last changed to.</returns>
    public AddressVector Query()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return _destination.Vector;
    }

    /// <summary>Makes it stand for another way, for sends posted from now on.</summary>
    /// <param name="vector">The new way.</param>
    /// <exception cref="RdmaException">
    /// As <see cref="ProtectionDomain.CreateAddressHandle(AddressVector)"/>; then nothing changes.
    /// </exception>
    public void Modify(AddressVector vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        AddressVectorCheck.Check(Device, vector);
        _destination = new DatagramDestination(vector, ProtectionDomain.Handle);
    }

    /// <summary>Ends the handle. Sends that were posted go where it pointed.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        lock (Device.Control)
            ProtectionDomain.Forget(this);
    }
}
