namespace RdmaPipeline.Backends.Packets;

/// <summary>What the owner of a graph keeps with a burst while it is in the graph.</summary>
public interface IBurstJourney
{
    /// <summary>The burst has left the graph.</summary>
    void End();
}
