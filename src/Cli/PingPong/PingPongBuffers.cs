using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>The message that is sent and the place where messages are received, both registered.</summary>
public sealed class PingPongBuffers : IDisposable
{
    private readonly bool _checks;
    private readonly byte _fill;
    private readonly int _headroom;
    private readonly int _slotSize;
    private readonly byte[] _incoming;
    private readonly MemoryRegion _outgoingRegion;
    private readonly MemoryRegion _incomingRegion;

    public PingPongBuffers(ProtectionDomain domain, PingPongOptions options)
    {
        _checks = options.Check;
        _fill = options.Service.Fill();
        _headroom = options.Service.Headroom();
        var outgoing = GC.AllocateUninitializedArray<byte>(options.Size, pinned: true);
        _slotSize = _headroom + options.Size;
        Slots = options.Check && options.QueuePairs > 1 ? options.ReceiveDepth : 1;
        if ((long)Slots * _slotSize > Array.MaxLength)
            throw new CliException($"-c keeps {Slots} messages of {_slotSize} bytes, more than {Array.MaxLength} bytes: lower -r or -s");
        _incoming = GC.AllocateUninitializedArray<byte>(Slots * _slotSize, pinned: true);
        PingPongPattern.Write(outgoing, options.Check, Environment.SystemPageSize, _fill);
        _incoming.AsSpan().Fill(PingPongPattern.Poison);
        _outgoingRegion = domain.RegisterMemory(outgoing, AccessFlags.None);
        _incomingRegion = domain.RegisterMemory(_incoming, AccessFlags.LocalWrite);
    }

    /// <summary>The message to send.</summary>
    public ScatterGatherEntry Outgoing => _outgoingRegion.Entry();

    /// <summary>
    /// How many places there are for messages: one, but with -c one for each receive of several queue pairs, of which the next message may
    /// come while one is looked at.
    /// </summary>
    public int Slots { get; }

    /// <summary>Where a receive puts its message, behind the service's headroom.</summary>
    public ScatterGatherEntry Incoming(int slot) => _incomingRegion.Entry((ulong)slot * (ulong)_slotSize, (ulong)_slotSize);

    /// <summary>With -c: the first byte of a received message that was wrong; -1 while all were right.</summary>
    public int WrongAt { get; private set; } = -1;

    /// <summary>With -c: looks at the message just received, and wipes it.</summary>
    public void Check(int slot)
    {
        if (!_checks) return;
        var message = _incoming.AsSpan(slot * _slotSize, _slotSize);
        var wrong = PingPongPattern.FirstWrong(message[_headroom..], Environment.SystemPageSize, _fill);
        if (wrong >= 0 && WrongAt < 0) WrongAt = wrong;
        message.Fill(PingPongPattern.Poison);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _incomingRegion.Dispose();
        _outgoingRegion.Dispose();
    }
}
