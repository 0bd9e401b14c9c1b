namespace RdmaPipeline.Verbs;

/// <summary>What carries the packets of a port.</summary>
public enum LinkLayer
{
    /// <summary>Not said.</summary>
    Unspecified = 0,
    /// <summary>Native InfiniBand.</summary>
    InfiniBand = 1,
    /// <summary>Ethernet (RoCE).</summary>
    Ethernet = 2,
}
