using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// What a native InfiniBand port is called on its subnet and which lanes it uses. Subnet management writes it, codecs read it; any thread.
/// </summary>
public sealed class NativePort
{
    /// <summary>Most path bits of a LID.</summary>
    public const int MaxLidMaskControl = 7;

    /// <summary>The virtual lane of subnet management.</summary>
    public const byte ManagementLane = 15;

    private const int ServiceLevels = 16;

    private readonly byte[] _lanes = new byte[ServiceLevels];
    private UInt128[] _gids;

    // Both change at once: LID in the low half, LMC above.
    private volatile uint _identity;

    /// <summary>Makes a port without a LID, whose service levels all use lane 0.</summary>
    /// <param name="gids">Its GIDs, big-endian 128-bit numbers.</param>
    public NativePort(params ReadOnlySpan<UInt128> gids) => _gids = gids.ToArray();

    /// <summary>The base LID; 0 until one is assigned (R-BE-52).</summary>
    public ushort Lid => (ushort)_identity;

    /// <summary>LMC: how many low bits of a LID are path bits.</summary>
    public int LidMaskControl => (int)(_identity >> 16);

    /// <summary>Whether a LID can be a port's: 1 to 0xBFFF.</summary>
    /// <param name="lid">A LID.</param>
    public static bool IsUnicast(ushort lid) => lid is not 0 and < Lrh.FirstMulticastLid;

    /// <summary>Assigns the LID.</summary>
    /// <param name="lid">1 to 0xBFFF, its path bits 0; or 0 for none.</param>
    /// <param name="lidMaskControl">0 to <see cref="MaxLidMaskControl"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Assign(ushort lid, int lidMaskControl)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lid, Lrh.FirstMulticastLid);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)lidMaskControl, (uint)MaxLidMaskControl, nameof(lidMaskControl));
        if ((lid & ((1 << lidMaskControl) - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(lid), lid, $"A base LID has its {lidMaskControl} path bits 0.");
        _identity = lid | ((uint)lidMaskControl << 16);
    }

    /// <summary>Whether a unicast LID is one of this port's, whatever its path bits.</summary>
    /// <param name="lid">A LID.</param>
    public bool Owns(ushort lid)
    {
        var identity = _identity;
        return (ushort)identity != 0 && (lid ^ (ushort)identity) >> (int)(identity >> 16) == 0;
    }

    /// <summary>Whether a GID is one of this port's.</summary>
    /// <param name="gid">Big-endian 128-bit number.</param>
    public bool Owns(UInt128 gid) => Volatile.Read(ref _gids).AsSpan().Contains(gid);

    /// <summary>Replaces the port's GIDs.</summary>
    /// <param name="gids">Those it has from now on.</param>
    public void SetGids(ReadOnlySpan<UInt128> gids) => Volatile.Write(ref _gids, gids.ToArray());

    /// <summary>The lane of a service level.</summary>
    /// <param name="serviceLevel">0 to 15; higher bits are ignored.</param>
    public byte LaneOf(byte serviceLevel) => Volatile.Read(ref _lanes[serviceLevel & (ServiceLevels - 1)]);

    /// <summary>Sets an entry of the SL to VL table.</summary>
    /// <param name="serviceLevel">0 to 15.</param>
    /// <param name="lane">0 to 14; 15 is not for data.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void SetLane(byte serviceLevel, byte lane)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(serviceLevel, ServiceLevels);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lane, ManagementLane);
        Volatile.Write(ref _lanes[serviceLevel], lane);
    }
}
