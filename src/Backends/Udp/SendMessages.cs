using System.Runtime.CompilerServices;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using static RdmaPipeline.Backends.Udp.SocketConstants;

namespace RdmaPipeline.Backends.Udp;

/// <summary>The pinned arguments of <c>sendmmsg</c>: one message per run of a burst, all to one destination.</summary>
internal sealed unsafe class SendMessages
{
    // UDP_SEGMENT, traffic class, hop limit.
    private static readonly int ControlBytes = 3 * ControlHeader.Space(sizeof(int));

    private readonly byte[] _memory;
    private readonly BatchedMessage* _messages;
    private readonly IoVector* _vectors;
    private readonly byte* _name;
    private readonly byte* _controls;
    private readonly ushort _port;
    private readonly uint _scope;

    /// <param name="port">Destination port.</param>
    /// <param name="scope">Interface of link-local IPv6 destinations.</param>
    public SendMessages(ushort port, uint scope)
    {
        _port = port;
        _scope = scope;
        var perMessage = sizeof(BatchedMessage) + sizeof(IoVector) + ControlBytes;
        _memory = GC.AllocateArray<byte>((PacketBurst.MaxPackets * perMessage) + 32, pinned: true);
        _messages = (BatchedMessage*)Unsafe.AsPointer(ref _memory[0]);
        _vectors = (IoVector*)(_messages + PacketBurst.MaxPackets);
        _controls = (byte*)(_vectors + PacketBurst.MaxPackets);
        _name = _controls + (PacketBurst.MaxPackets * ControlBytes);
    }

    /// <summary>Prepares a message for each run from the given one on.</summary>
    public void Prepare(PacketBurst burst, int firstRun)
    {
        SocketName.Write(new Span<byte>(_name, SocketName.MaxLength), burst.Path.Destination, _port, _scope);
        for (var i = firstRun; i < burst.RunCount; i++)
            Prepare(i - firstRun, burst, burst.Runs[i]);
    }

    /// <returns>Messages sent, or −1 with the error number set.</returns>
    public int Send(int socket, int first, int count) => count == 1
        ? LibC.SendMessage(socket, &_messages[first].Header, 0) < 0 ? -1 : 1
        : LibC.SendMessages(socket, _messages + first, (uint)count, 0);

    private void Prepare(int index, PacketBurst burst, in GsoRun run)
    {
        _vectors[index] = new IoVector
        {
            Base = burst.Slab + burst.Packets[run.FirstPacket].FrameOffset,
            Length = (nuint)run.ByteCount,
        };
        var control = _controls + (index * ControlBytes);
        var length = WriteControls(control, burst.Path, run);
        _messages[index].Header = new MessageHeader
        {
            Name = (nint)_name,
            NameLength = (uint)SocketName.Length(burst.Path.Destination),
            Vectors = (nint)(_vectors + index),
            VectorCount = 1,
            Control = length > 0 ? (nint)control : 0,
            ControlLength = (nuint)length,
        };
    }

    private static int WriteControls(byte* control, in FlowPath path, in GsoRun run)
    {
        var length = 0;
        if (run.PacketCount > 1)
            length += Write(control, LevelUdp, UdpSegment, sizeof(ushort), run.SegmentLength);
        var ipv4 = GidAddress.IsIpv4(path.Destination);
        var level = ipv4 ? LevelIPv4 : LevelIPv6;
        if (path.TrafficClass != 0)
            length += Write(control + length, level, ipv4 ? Ipv4TypeOfService : Ipv6TrafficClass, sizeof(int), path.TrafficClass);
        if (path.HopLimit != 0)
            length += Write(control + length, level, ipv4 ? Ipv4TimeToLive : Ipv6HopLimit, sizeof(int), path.HopLimit);
        return length;
    }

    private static int Write(byte* control, int level, int type, int size, int value)
    {
        *(ControlHeader*)control = new ControlHeader { Length = (nuint)(ControlHeader.Size + size), Level = level, Type = type };
        *(int*)(control + ControlHeader.Size) = value;
        return ControlHeader.Space(size);
    }
}
