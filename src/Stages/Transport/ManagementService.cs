using RdmaPipeline.Backends.Management;
using RdmaPipeline.Protocol.Datagram;

namespace RdmaPipeline.Transport;

/// <summary>Brings the datagrams of one special queue pair to the agents of the back-end.</summary>
/// <param name="queuePair">0 or 1.</param>
/// <param name="agents">Who may answer.</param>
/// <param name="port">Whose name they answer in.</param>
internal sealed class ManagementService(uint queuePair, IReadOnlyList<IManagementAgent> agents, IManagedPort port) : IManagementService
{
    public bool Takes(ReadOnlySpan<byte> request, bool isAlone) => Find(request, isAlone) is not null;

    // Whoever takes a datagram beside a user takes it alone too.
    public void Answer(ReadOnlySpan<byte> request, Span<byte> response) =>
        Find(request, isAlone: true)?.Process(port, request, response);

    private IManagementAgent? Find(ReadOnlySpan<byte> request, bool isAlone)
    {
        foreach (var agent in agents)
        {
            if (agent.Takes(queuePair, request, isAlone))
                return agent;
        }
        return null;
    }
}
