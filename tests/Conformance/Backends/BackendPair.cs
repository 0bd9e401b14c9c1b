using RdmaPipeline.Backends;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>Two ends of one medium; one and the same where a machine has a single address to offer.</summary>
public sealed class BackendPair(IPacketBackend sender, IPacketBackend receiver) : IDisposable
{
    public IPacketBackend Sender { get; } = sender;

    public IPacketBackend Receiver { get; } = receiver;

    public UInt128 Destination => Receiver.Description.Gids[^1];

    public void Dispose()
    {
        Sender.Dispose();
        Receiver.Dispose();
    }
}
