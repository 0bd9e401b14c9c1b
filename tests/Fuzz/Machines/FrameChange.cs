using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.FuzzTests.Frames;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>Changes a frame that a machine has sent and makes its lengths and ICRC right again, so that the change gets through.</summary>
internal static class FrameChange
{
    private const int IcrcLength = 4;

    public static void Apply(FlyingFrame flying, ref RecordReader choices)
    {
        var transport = flying.Transport;
        var (kind, amount) = (choices.Below(10), choices.Byte());
        switch (kind)
        {
            case 0: transport[0] = (byte)((transport[0] & 0xE0) | (amount & 0x1F)); break;
            case 1: AddToPsn(transport, (sbyte)amount); break;
            case 2: AddToPsn(transport, (sbyte)amount << 16); break;
            case 3: transport[1] ^= (byte)(amount & 0x3F); break;
            case 4: Shorten(flying, 1 + (amount % 64)); break;
            case 5: Lengthen(flying, 1 + (amount % 64)); break;
            case 6: if (transport.Length > Bth.Length + IcrcLength) transport[Bth.Length] = amount; break;
            case 7: transport[8] ^= 0x80; break;
            case 8: transport[choices.Byte() % (transport.Length - IcrcLength)] ^= (byte)(1 << (amount & 7)); break;
            default: transport[choices.Byte() % Math.Min(transport.Length - IcrcLength, 48)] = amount; break;
        }

        FrameSeal.FixEthernetLengths(flying.Frame);
        FrameSeal.Seal(flying.Frame, EthernetFrame.Locate(flying.Frame));
    }

    private static void AddToPsn(Span<byte> transport, int delta)
    {
        var word = BinaryPrimitives.ReadUInt32BigEndian(transport[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(transport[8..], (word & ~UInt24.Max) | ((word + (uint)delta) & UInt24.Max));
    }

    private static void Shorten(FlyingFrame flying, int bytes) =>
        flying.Length = Math.Max(flying.Length - bytes, flying.TransportOffset + Bth.Length + IcrcLength);

    private static void Lengthen(FlyingFrame flying, int bytes)
    {
        var longer = Math.Min(flying.Length + bytes, FlyingFrame.Room);
        flying.Bytes.AsSpan(flying.Length, longer - flying.Length).Clear();
        flying.Length = longer;
    }
}
