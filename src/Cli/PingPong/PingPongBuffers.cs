using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>The message that is sent and the place where messages are received, both registered.</summary>
public sealed class PingPongBuffers : IDisposable
{
    private readonly bool _checks;
    private readonly int _headroom;
    private readonly byte[] _incoming;
    private readonly MemoryRegion _outgoingRegion;
    private readonly MemoryRegion _incomingRegion;

    public PingPongBuffers(ProtectionDomain domain, PingPongOptions options)
    {
        _checks = options.Check;
        _headroom = options.Service.Headroom();
        var outgoing = GC.AllocateUninitializedArray<byte>(options.Size, pinned: true);
        _incoming = GC.AllocateUninitializedArray<byte>(_headroom + options.Size, pinned: true);
        PingPongPattern.Write(outgoing, options.Check, Environment.SystemPageSize);
        _incoming.AsSpan().Fill(PingPongPattern.Poison);
        _outgoingRegion = domain.RegisterMemory(outgoing, AccessFlags.None);
        _incomingRegion = domain.RegisterMemory(_incoming, AccessFlags.LocalWrite);
    }

    /// <summary>The message to send.</summary>
    public ScatterGatherEntry Outgoing => _outgoingRegion.Entry();

    /// <summary>Where every receive puts its message, behind the service's headroom.</summary>
    public ScatterGatherEntry Incoming => _incomingRegion.Entry();

    /// <summary>With -c: the first byte of a received message that was wrong; -1 while all were right.</summary>
    public int WrongAt { get; private set; } = -1;

    /// <summary>With -c: looks at the message just received, and wipes it.</summary>
    public void Check()
    {
        if (!_checks) return;
        var wrong = PingPongPattern.FirstWrong(_incoming.AsSpan(_headroom), Environment.SystemPageSize);
        if (wrong >= 0 && WrongAt < 0) WrongAt = wrong;
        _incoming.AsSpan().Fill(PingPongPattern.Poison);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _incomingRegion.Dispose();
        _outgoingRegion.Dispose();
    }
}
