using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// How many received packets got which ICRC verdict (R-BE-31 asks to report which check is in force). Written by the shard that
/// decodes, read by anyone.
/// </summary>
public sealed class IcrcVerdicts
{
    private long _valid32;
    private long _valid16;
    private long _offloaded;
    private long _invalid;

    /// <summary>Packets whose 32 bits were all proven.</summary>
    public long Valid32 => Volatile.Read(ref _valid32);

    /// <summary>Packets proven by 16 bits, the sender's IPv4 Identification being recovered from the other 16.</summary>
    public long Valid16 => Volatile.Read(ref _valid16);

    /// <summary>Packets the medium vouches for.</summary>
    public long Offloaded => Volatile.Read(ref _offloaded);

    /// <summary>Packets whose ICRC is wrong (R-WIRE-23).</summary>
    public long Invalid => Volatile.Read(ref _invalid);

    /// <summary>Counts one verdict; <see cref="IcrcStatus.Unchecked"/> counts nowhere.</summary>
    /// <param name="status">The verdict.</param>
    public void Count(IcrcStatus status)
    {
        switch (status)
        {
            case IcrcStatus.Valid32: _valid32++; break;
            case IcrcStatus.Valid16: _valid16++; break;
            case IcrcStatus.Offloaded: _offloaded++; break;
            case IcrcStatus.Invalid: _invalid++; break;
            default: break;
        }
    }
}
