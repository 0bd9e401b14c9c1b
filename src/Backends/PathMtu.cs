namespace RdmaPipeline.Backends;

/// <summary>The five payload sizes of the standard (R-WIRE-15) and how a link's MTU bounds them (R-WIRE-19).</summary>
public static class PathMtu
{
    /// <summary>Largest payload per packet, bytes.</summary>
    public const int Largest = 4096;

    /// <summary>Smallest payload size, bytes.</summary>
    public const int Smallest = 256;

    /// <summary>Bytes of every header below and inside the payload that R-WIRE-19 reserves.</summary>
    public const int HeaderHeadroom = 80;

    /// <summary>Largest payload a link carries unfragmented.</summary>
    /// <param name="linkMtu">The interface's MTU in bytes.</param>
    /// <returns>4096, 2048, 1024, 512 or 256; 0 when not even 256 fits.</returns>
    public static int FromLink(int linkMtu)
    {
        for (var mtu = Largest; mtu >= Smallest; mtu /= 2)
        {
            if (mtu <= linkMtu - HeaderHeadroom)
                return mtu;
        }

        return 0;
    }

    /// <summary>Whether a number of bytes is one of the five sizes.</summary>
    /// <param name="mtu">Bytes.</param>
    /// <returns>True for 256, 512, 1024, 2048 and 4096.</returns>
    public static bool IsValid(int mtu) => mtu is 256 or 512 or 1024 or 2048 or 4096;
}
