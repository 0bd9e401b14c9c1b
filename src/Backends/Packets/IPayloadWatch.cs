namespace RdmaPipeline.Backends.Packets;

/// <summary>Waits until un-encoded bursts no longer point into user memory.</summary>
public interface IPayloadWatch
{
    /// <summary>A burst was released before anybody encoded it. On the thread that released it.</summary>
    void Released(PacketBurst burst);
}
