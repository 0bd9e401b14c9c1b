using System.Runtime.CompilerServices;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using static System.Buffers.Binary.BinaryPrimitives;
using static RdmaPipeline.Backends.Udp.SocketConstants;

namespace RdmaPipeline.Backends.Udp;

/// <summary>
/// The pinned arguments of <c>recvmsg</c> and <c>recvmmsg</c>, one lane for each datagram of a call, and the reading of what the kernel
/// says beside the bytes.
/// </summary>
internal sealed unsafe class ReceiveMessages
{
    private const int ControlBytes = 256;
    private const int NameBytes = 32;

    private readonly byte[] _memory;
    private readonly BatchedMessage* _messages;
    private readonly IoVector* _vectors;
    private readonly byte* _names;
    private readonly byte* _controls;
    private readonly UInt128 _local;

    /// <param name="local">The address of the device, for a datagram whose destination the kernel does not tell.</param>
    /// <param name="lanes">Most datagrams of one call.</param>
    public ReceiveMessages(UInt128 local, int lanes)
    {
        _local = local;
        _memory = GC.AllocateArray<byte>(lanes * (sizeof(BatchedMessage) + sizeof(IoVector) + NameBytes + ControlBytes), pinned: true);
        _messages = (BatchedMessage*)Unsafe.AsPointer(ref _memory[0]);
        _vectors = (IoVector*)(_messages + lanes);
        _names = (byte*)(_vectors + lanes);
        _controls = _names + (lanes * NameBytes);
    }

    /// <summary>Absolute count of packets the kernel dropped because the socket's buffer was full, as last told.</summary>
    public uint KernelDrops { get; private set; }

    /// <summary>Says where the next datagram of a lane goes.</summary>
    public void Prepare(int lane, nint target, int room)
    {
        _vectors[lane] = new IoVector { Base = target, Length = (nuint)room };
        _messages[lane].Header = new MessageHeader
        {
            Name = (nint)(_names + (lane * NameBytes)),
            NameLength = SocketName.MaxLength,
            Vectors = (nint)(_vectors + lane),
            VectorCount = 1,
            Control = (nint)(_controls + (lane * ControlBytes)),
            ControlLength = ControlBytes,
        };
    }

    /// <summary>Reads one datagram into each of the first lanes, as far as there are any.</summary>
    /// <returns>Lanes filled, or −1 with the error number set.</returns>
    public int Read(int socket, int lanes)
    {
        if (lanes > 1)
            return LibC.ReceiveMessages(socket, _messages, (uint)lanes, 0, null);
        var length = LibC.ReceiveMessage(socket, &_messages->Header, 0);
        _messages->Length = (uint)Math.Max(0, length);
        return length < 0 ? -1 : 1;
    }

    /// <summary>What a filled lane holds.</summary>
    public ReceivedDatagram Describe(int lane)
    {
        var length = (int)_messages[lane].Length;
        var name = new ReadOnlySpan<byte>(_names + (lane * NameBytes), SocketName.MaxLength);
        var details = new Details { Destination = _local, SegmentLength = length };
        var control = new ReadOnlySpan<byte>(_controls + (lane * ControlBytes), (int)_messages[lane].Header.ControlLength);
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
            SocketName.ReadGid(name), details.Destination, details.TrafficClass, details.HopLimit, details.FlowLabel,
            SocketName.ReadPort(name)));
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
            case (LevelIPv6, Ipv6FlowInfo): details.FlowLabel = ReadUInt32BigEndian(data) & VersionClassLabel.LabelMask; break;
            case (LevelIPv6, Ipv6HopLimit): details.HopLimit = data[0]; break;
            case (LevelIPv6, Ipv6PacketInfo): details.Destination = ReadUInt128BigEndian(data); break;
            default: break;
        }
    }

    private struct Details
    {
        public UInt128 Destination;
        public int SegmentLength;
        public uint FlowLabel;
        public byte TrafficClass;
        public byte HopLimit;
    }
}
