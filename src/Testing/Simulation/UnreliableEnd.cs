using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// One queue pair of an <see cref="UnreliableWorkload"/> and the memory of its owner, which begins with slots for receives.
/// </summary>
internal sealed class UnreliableEnd(QueuePair queuePair, int slotLength)
{
    public const int Slots = 16;

    /// <summary>What bytes are that nobody has written.</summary>
    public const byte Untouched = 0xA5;

    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite;

    private int _length = Slots * slotLength;
    private byte[] _bytes = [];

    public QueuePair QueuePair { get; } = queuePair;

    /// <summary>Posts a receive to wherever the queue pair receives from.</summary>
    public bool TryPostReceive(in ReceiveWorkRequest request) =>
        QueuePair.SharedReceiveQueue is { } shared ? shared.TryPostReceive(request) : QueuePair.TryPostReceive(request);

    public MemoryRegion Region { get; private set; } = null!;

    /// <summary>The way to the peer; null on a connection.</summary>
    public AddressHandle? Way { get; set; }

    public UnreliableDirection Sends { get; set; } = null!;

    public UnreliableDirection Receives { get; set; } = null!;

    public int SlotLength => slotLength;

    public int Allocate(int length)
    {
        var offset = _length;
        _length += length;
        return offset;
    }

    public void Register()
    {
        _bytes = GC.AllocateUninitializedArray<byte>(_length, pinned: true);
        Array.Fill(_bytes, Untouched);
        Region = QueuePair.ProtectionDomain.RegisterMemory(_bytes, All);
    }

    public Span<byte> Bytes(int offset, int length) => _bytes.AsSpan(offset, length);
}
