using System.Text;

namespace RdmaPipeline.Verbs;

/// <content>Changing the device and its port (verbs.md 1).</content>
public sealed partial class RdmaDevice
{
    private const int MaxNodeDescription = 64;

    /// <summary>Changes what the device says about itself; <see cref="Attributes"/> shows it.</summary>
    /// <param name="change">What shall change.</param>
    /// <exception cref="RdmaException">EINVAL: a description of more than 64 bytes; nothing changes.</exception>
    public void ModifyDevice(DeviceModification change)
    {
        ArgumentNullException.ThrowIfNull(change);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        int length = Encoding.UTF8.GetByteCount(change.NodeDescription ?? "");
        if (length > MaxNodeDescription)
            throw RdmaException.Invalid($"node_desc has {length} bytes; the limit is {MaxNodeDescription}");
        lock (Control)
        {
            Attributes = Attributes with
            {
                SystemImageGuid = change.SystemImageGuid ?? Attributes.SystemImageGuid,
                NodeDescription = change.NodeDescription ?? Attributes.NodeDescription,
            };
        }
    }

    /// <summary>Changes a port: all or, on an error, nothing.</summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <param name="change">What shall change.</param>
    /// <exception cref="RdmaException">
    /// EINVAL: no such port, or a capability bit that cannot be set. EOPNOTSUPP: the link does not offer a part of it.
    /// </exception>
    public void ModifyPort(int port, PortModification change)
    {
        ArgumentNullException.ThrowIfNull(change);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckPort(port);
        Provider.ModifyPort(port, change);
    }

    /// <summary>
    /// Changes an entry of the P_Key table, as a subnet manager does: queue pairs that use it send with the new P_Key and judge by it
    /// from now on. Raises <see cref="AsyncEventType.PkeyChange"/> when the entry was another.
    /// </summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <param name="index">0 to <see cref="PortAttributes.PkeyTableLength"/> − 1.</param>
    /// <param name="pkey">Bit 15: full member. 0 empties the entry.</param>
    /// <exception cref="RdmaException">EINVAL: no such port or index. EOPNOTSUPP: the table cannot be changed.</exception>
    public void SetPkey(int port, int index, ushort pkey)
    {
        CheckPkeyIndex(port, index);
        Provider.SetPkey(port, index, pkey);
    }

    /// <summary>
    /// The device's clock in nanoseconds: that of <see cref="CompletionReader.Timestamp"/>. It never goes back; its origin means nothing.
    /// </summary>
    /// <returns>The time now.</returns>
    public long ReadClock()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Provider.ReadClock();
    }
}
