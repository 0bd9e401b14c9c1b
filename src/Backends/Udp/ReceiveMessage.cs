using System.Runtime.CompilerServices;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using static System.Buffers.Binary.BinaryPrimitives;
using static RdmaPipeline.Backends.Udp.SocketConstants;

namespace RdmaPipeline.Backends.Udp;

/// <summary>The pinned arguments of <c>recvmsg</c>, and the reading of what the kernel says beside the bytes.</summary>
internal sealed unsafe class ReceiveMessage
{
    private const int ControlBytes = 256;

    private readonly byte[] _memory;
    private readonly MessageHeader* _header;
    private readonly IoVector* _vector;
    private readonly byte* _name;
    private readonly byte* _control;
    private readonly UInt128 _local;

    public ReceiveMessage(UInt128 local)
    {
        _local = local;
        var headerSize = sizeof(MessageHeader) + sizeof(IoVector);
        _memory = GC.AllocateArray<byte>(headerSize + 32 + ControlBytes, pinned: true);
        var start = (byte*)Unsafe.AsPointer(ref _memory[0]);
        _header = (MessageHeader*)start;
        _vector = (IoVector*)(start + sizeof(MessageHeader));
        _name = start + headerSize;
        _control = _name + 32;
    }

    /// <summary>Absolute count of packets the kernel dropped because the socket's buffer was full, as last told.</summary>
    public uint KernelDrops { get; private set; }

    /// <returns>Bytes read, or −1 with the error number set.</returns>
    public nint Read(int socket, nint target, int room)
    {
        *_vector = new IoVector { Base = target, Length = (nuint)room };
        *_header = new MessageHeader
        {
            Name = (nint)_name,
            NameLength = SocketName.MaxLength,
            Vectors = (nint)_vector,
            VectorCount = 1,
            Control = (nint)_control,
            ControlLength = ControlBytes,
        };
        return LibC.ReceiveMessage(socket, _header, 0);
    }

    public ReceivedDatagram Describe(int length)
    {
        var name = new ReadOnlySpan<byte>(_name, SocketName.MaxLength);
        var details = new Details { Destination = _local, SegmentLength = length };
        var control = new ReadOnlySpan<byte>(_control, (int)_header->ControlLength);
        while (control.Length >= ControlHeader.Size)
        {
            var header = Unsafe.ReadUnaligned<ControlHeader>(ref Unsafe.AsRef(in control[0]));
            var bytes = (int)header.Length;
            if (bytes < ControlHeader.Size || bytes > control.Length)
                break;
            Apply(header.Level, header.Type, control[ControlHeader.Size..bytes], ref details);
            control = control[Math.Min(control.Length, ControlHeader.Space(bytes - ControlHeader.Size))..];
        }

        var segment = details.SegmentLength > 0 ? details.SegmentLength : length;
        return new ReceivedDatagram(length, segment, new FlowPath(
            SocketName.ReadGid(name), details.Destination, details.TrafficClass, details.HopLimit, 0, SocketName.ReadPort(name)));
    }

    private void Apply(int level, int type, ReadOnlySpan<byte> data, ref Details details)
    {
        switch (level, type)
        {
            case (LevelUdp, UdpGro): details.SegmentLength = BitConverter.ToInt32(data); break;
            case (LevelSocket, ReceiveQueueOverflow): KernelDrops = BitConverter.ToUInt32(data); break;
            case (LevelIPv4, Ipv4TypeOfService): details.TrafficClass = data[0]; break;
            case (LevelIPv4, Ipv4TimeToLive): details.HopLimit = data[0]; break;
            case (LevelIPv4, Ipv4PacketInfo): details.Destination = GidAddress.FromIpv4(ReadUInt32BigEndian(data[8..])); break;
            case (LevelIPv6, Ipv6TrafficClass): details.TrafficClass = data[0]; break;
            case (LevelIPv6, Ipv6HopLimit): details.HopLimit = data[0]; break;
            case (LevelIPv6, Ipv6PacketInfo): details.Destination = ReadUInt128BigEndian(data); break;
            default: break;
        }
    }

    private struct Details
    {
        public UInt128 Destination;
        public int SegmentLength;
        public byte TrafficClass;
        public byte HopLimit;
    }
}
