using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RdmaPipeline.Protocol.Datagram;

/// <summary>
/// The answers that are owed, oldest first, and those on their way to the back-end, whose bytes must stay until it has taken them. There is
/// room for a few: management datagrams may be lost, and who asks asks again.
/// </summary>
internal sealed class ManagementReplies
{
    /// <summary>Bytes of a management datagram (R-WIRE-32).</summary>
    public const int DatagramLength = 256;

    private const int Capacity = 32;

    private readonly ManagementReply[] _replies = new ManagementReply[Capacity];
    private readonly byte[] _bytes = GC.AllocateArray<byte>(Capacity * DatagramLength, pinned: true);
    private long _added;
    private long _built;
    private long _handedOver;

    /// <summary>Whether another one finds room.</summary>
    public bool HasRoom => _added - _handedOver < Capacity;

    /// <summary>Whether one is owed.</summary>
    public bool IsOwed => _built < _added;

    /// <summary>The oldest one that is owed.</summary>
    public ref readonly ManagementReply Next => ref _replies[_built % Capacity];

    /// <summary>The address of its bytes; valid until it is handed over.</summary>
    public unsafe nint NextAddress => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_bytes)) + (nint)(Slot(_built));

    /// <summary>Owes an answer.</summary>
    /// <returns>Where to put its bytes.</returns>
    public Span<byte> Add(in ManagementReply reply)
    {
        Invariant.That(HasRoom, "The caller asks for room first.");
        _replies[_added % Capacity] = reply;
        return _bytes.AsSpan((int)Slot(_added++), DatagramLength);
    }

    /// <summary>The oldest one that is owed has gone into a packet.</summary>
    public void Built() => _built++;

    /// <summary>So many of all that were built have been handed over.</summary>
    public void HandOver(long position) => _handedOver = Math.Max(_handedOver, position);

    private static long Slot(long index) => index % Capacity * DatagramLength;
}
