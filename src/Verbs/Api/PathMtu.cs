namespace RdmaPipeline.Verbs;

/// <summary>The largest payload of one packet, with the codes of the standard.</summary>
public enum PathMtu
{
    /// <summary>256 bytes.</summary>
    Mtu256 = 1,
    /// <summary>512 bytes.</summary>
    Mtu512 = 2,
    /// <summary>1024 bytes.</summary>
    Mtu1024 = 3,
    /// <summary>2048 bytes.</summary>
    Mtu2048 = 4,
    /// <summary>4096 bytes.</summary>
    Mtu4096 = 5,
}
