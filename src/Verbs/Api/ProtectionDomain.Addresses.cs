namespace RdmaPipeline.Verbs;

/// <content>Address handles.</content>
public sealed partial class ProtectionDomain
{
    private int _addressHandles;

    /// <summary>Makes an address handle.</summary>
    /// <param name="vector">The way to the peer, or to a multicast group.</param>
    /// <returns>The handle; dispose of it before the domain.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: no such port, on RoCE no global route or no destination GID, or an empty slot of the GID table. EHOSTUNREACH: no way leads
    /// there. ENOMEM: the device has no more address handles.
    /// </exception>
    public AddressHandle CreateAddressHandle(AddressVector vector)
    {
        ArgumentNullException.ThrowIfNull(vector);
        AddressVectorCheck.Check(_device, vector);
        lock (_device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
            RdmaDevice.CheckLimit(_device.AddressHandleCount, _device.Attributes.MaxAddressHandles, "address handles");
            var handle = new AddressHandle(this, vector);
            _device.Remember(handle);
            _addressHandles++;
            return handle;
        }
    }

    /// <summary>Makes an address handle that leads back to the sender of a received datagram.</summary>
    /// <param name="received">The completion of the receive.</param>
    /// <param name="routeHeader">The first 40 bytes of the receive.</param>
    /// <param name="port">The port it was received on.</param>
    /// <returns>The handle; dispose of it before the domain.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: on RoCE the completion has no GRH, or the bytes are none, or none of the port's GIDs is the one it was sent to; else as
    /// <see cref="CreateAddressHandle(AddressVector)"/>.
    /// </exception>
    public AddressHandle CreateAddressHandle(in WorkCompletion received, ReadOnlySpan<byte> routeHeader, int port = 1)
    {
        _device.CheckPort(port);
        AddressVector vector = new()
        {
            Port = port,
            IsGlobal = (received.Flags & WorkCompletionFlags.Grh) != 0,
            ServiceLevel = received.ServiceLevel,
            DestinationLid = received.SourceLid,
            SourcePathBits = received.DestinationPathBits,
        };
        return CreateAddressHandle(vector.IsGlobal ? WayBack(vector, routeHeader) : vector);
    }

    /// <summary>Under the control lock.</summary>
    internal void Forget(AddressHandle handle)
    {
        _addressHandles--;
        _device.Forget(handle);
    }

    private AddressVector WayBack(AddressVector vector, ReadOnlySpan<byte> routeHeader)
    {
        if (!GlobalRouteHeader.TryRead(routeHeader, out GlobalRouteHeader header))
            throw RdmaException.Invalid($"grh holds {routeHeader.Length} bytes that are no header: give the first 40 of the receive");
        return header.Reverse(vector, GidOf(header, vector.Port));
    }

    // A group has no entry of its own: its members answer from the address that suits the sender.
    private int GidOf(in GlobalRouteHeader header, int port)
    {
        if (header.Destination.IsMulticast)
            return _device.SelectGid(port, header.Source);
        int index = _device.FindGid(header.Destination, port);
        return index >= 0
            ? index
            : throw RdmaException.Invalid($"grh.dgid is {header.Destination}, which is no address of port {port}");
    }
}
