namespace RdmaPipeline.Verbs;

/// <summary>Converts between MTU codes and bytes.</summary>
public static class PathMtuExtensions
{
    /// <summary>The payload in bytes: 256 to 4096.</summary>
    /// <param name="mtu">A code from 1 to 5.</param>
    /// <returns>The number of bytes.</returns>
    public static int ToBytes(this PathMtu mtu) => 128 << (int)mtu;

    /// <summary>The code for a number of bytes.</summary>
    /// <param name="bytes">One of 256, 512, 1024, 2048, 4096.</param>
    /// <returns>The code.</returns>
    /// <exception cref="RdmaException">EINVAL: any other number.</exception>
    public static PathMtu FromBytes(int bytes) => bytes switch
    {
        256 => PathMtu.Mtu256,
        512 => PathMtu.Mtu512,
        1024 => PathMtu.Mtu1024,
        2048 => PathMtu.Mtu2048,
        4096 => PathMtu.Mtu4096,
        _ => throw RdmaException.Invalid($"path_mtu is {bytes} bytes; it must be one of 256, 512, 1024, 2048, 4096"),
    };

    /// <summary>The largest code whose payload fits into a number of bytes.</summary>
    /// <param name="bytes">Room for payload; at least 256.</param>
    /// <returns>The code.</returns>
    /// <exception cref="RdmaException">EINVAL: less than 256 bytes.</exception>
    public static PathMtu LargestWithin(int bytes)
    {
        for (PathMtu mtu = PathMtu.Mtu4096; mtu >= PathMtu.Mtu256; mtu--)
            if (mtu.ToBytes() <= bytes)
                return mtu;
        throw RdmaException.Invalid($"{bytes} bytes of payload hold no path MTU; the least is 256");
    }
}
