namespace RdmaPipeline.Verbs;

/// <content>Ports and their tables (verbs.md 1).</content>
public sealed partial class RdmaDevice
{
    /// <summary>The state of a port.</summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <returns>Its attributes now.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port.</exception>
    public PortAttributes QueryPort(int port = 1)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckPort(port);
        return Provider.QueryPort(port);
    }

    /// <summary>A slot of the GID table.</summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <param name="index">0 to <see cref="PortAttributes.GidTableLength"/> − 1.</param>
    /// <returns>The entry, or null when the slot is empty.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port or index.</exception>
    public GidEntry? QueryGidEntry(int port, int index)
    {
        int length = QueryPort(port).GidTableLength;
        if (index < 0 || index >= length)
            throw RdmaException.Invalid($"gid index is {index}; the table of port {port} has the slots 0 to {length - 1}");
        return Provider.QueryGid(port, index);
    }

    /// <summary>The address in a slot of the GID table.</summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <param name="index">0 to <see cref="PortAttributes.GidTableLength"/> − 1.</param>
    /// <returns>The GID; <see cref="Gid.Empty"/> when the slot is empty.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port or index.</exception>
    public Gid QueryGid(int port, int index) => QueryGidEntry(port, index)?.Gid ?? Gid.Empty;

    /// <summary>The used slots of the GID table.</summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <returns>Index and entry of each.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port.</exception>
    public IReadOnlyList<(int Index, GidEntry Entry)> QueryGidTable(int port = 1)
    {
        int length = QueryPort(port).GidTableLength;
        var used = new List<(int, GidEntry)>();
        for (int index = 0; index < length; index++)
            if (Provider.QueryGid(port, index) is { } entry)
                used.Add((index, entry));
        return used;
    }

    /// <summary>The first slot that holds a GID.</summary>
    /// <param name="gid">The address looked for.</param>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <returns>The index, or −1.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port.</exception>
    public int FindGid(Gid gid, int port = 1)
    {
        foreach ((int index, GidEntry entry) in QueryGidTable(port))
            if (entry.Gid == gid)
                return index;
        return -1;
    }

    /// <summary>A P_Key of a port.</summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <param name="index">0 to <see cref="PortAttributes.PkeyTableLength"/> − 1.</param>
    /// <returns>The 16-bit key.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port or index.</exception>
    public ushort QueryPkey(int port, int index)
    {
        CheckPkeyIndex(port, index);
        return Provider.QueryPkey(port, index);
    }

    /// <summary>The first entry of the P_Key table that holds a P_Key (get_pkey_index).</summary>
    /// <param name="pkey">All 16 bits: full and limited membership differ.</param>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <returns>The index, or −1.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port.</exception>
    public int FindPkey(ushort pkey, int port = 1)
    {
        int length = QueryPort(port).PkeyTableLength;
        for (int index = 0; index < length; index++)
            if (Provider.QueryPkey(port, index) == pkey)
                return index;
        return -1;
    }

    /// <summary>What never changes about a port (get_port_immutable).</summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <returns>Protocols, table lengths, the longest MAD.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port.</exception>
    public PortImmutable GetPortImmutable(int port = 1)
    {
        PortAttributes state = QueryPort(port);
        GidType? type = Provider.QueryGid(port, 0)?.Type;
        return new PortImmutable
        {
            Core = PortCoreTraits.Of(state.LinkLayer, type),
            GidTableLength = state.GidTableLength,
            PkeyTableLength = state.PkeyTableLength,
        };
    }

    /// <summary>
    /// The slot to use towards a peer: the first of its family (IPv4, IPv6) that is not link-local unless the peer is, else the
    /// first used one.
    /// </summary>
    /// <param name="port">1 to <see cref="DeviceAttributes.PortCount"/>.</param>
    /// <param name="peer">The peer's GID; null for the slot to tell to a peer not yet known.</param>
    /// <returns>The index.</returns>
    /// <exception cref="RdmaException">EINVAL: no such port. ENODATA: the table is empty.</exception>
    public int SelectGid(int port = 1, Gid? peer = null)
    {
        IReadOnlyList<(int Index, GidEntry Entry)> used = QueryGidTable(port);
        if (used.Count == 0)
            throw new RdmaException(VerbsErrno.ENODATA, $"the GID table of port {port} is empty: give the network interface an address");
        foreach ((int index, GidEntry entry) in used)
            if (Suits(entry.Gid, peer))
                return index;
        return used[0].Index;
    }

    internal void CheckPort(int port)
    {
        if (port < 1 || port > Attributes.PortCount)
            throw RdmaException.Invalid($"port_num is {port}; the device has the ports 1 to {Attributes.PortCount}");
    }

    private void CheckPkeyIndex(int port, int index)
    {
        int length = QueryPort(port).PkeyTableLength;
        if (index < 0 || index >= length)
            throw RdmaException.Invalid($"pkey index is {index}; the table of port {port} has the entries 0 to {length - 1}");
    }

    private static bool Suits(Gid gid, Gid? peer) => peer is { } other
        ? gid.IsIPv4Mapped == other.IsIPv4Mapped && gid.IsLinkLocal == other.IsLinkLocal
        : !gid.IsLinkLocal;
}
