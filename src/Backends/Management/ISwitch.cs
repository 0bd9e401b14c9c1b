namespace RdmaPipeline.Backends.Management;

/// <summary>A switch as subnet management sees it.</summary>
internal interface ISwitch
{
    /// <summary>What it is called; at most 64 bytes of UTF-8.</summary>
    string Description { get; }

    /// <summary>Its ports, without the one it manages itself by.</summary>
    byte PortCount { get; }

    /// <summary>The link at a port.</summary>
    /// <param name="number">From 1.</param>
    /// <returns>Null when nothing is plugged in.</returns>
    LinkStatus? LinkAt(int number);
}
