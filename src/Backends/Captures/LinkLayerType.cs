namespace RdmaPipeline.Backends.Captures;

/// <summary>What the frames of a capture begin with: the registered LINKTYPE numbers. Others are kept as their number.</summary>
public enum LinkLayerType
{
    /// <summary>Ethernet, without FCS.</summary>
    Ethernet = 1,

    /// <summary>Native InfiniBand from the LRH on.</summary>
    InfiniBand = 247,
}
