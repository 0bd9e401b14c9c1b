using System.Buffers.Binary;
using System.Security.Cryptography;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Transport;

/// <summary>
/// Encrypts payloads with AES-GCM, between requester or ack_generator and encode: encode then makes the ICRC over what goes on the wire.
/// Behind each payload stand 12 bytes of nonce and 16 of tag, so the path MTU has to leave room for 28 bytes more.
/// </summary>
/// <param name="key">16, 24 or 32 bytes, of this session alone: the nonces begin anew with every stage.</param>
/// <param name="sender">Of no other stage with this key: it is half of what makes a nonce unique.</param>
public sealed class Seal(byte[] key, uint sender) : PacketStage, IDisposable
{
    public const int NonceBytes = 12;
    public const int TagBytes = 16;
    public const int Growth = NonceBytes + TagBytes;

    private const int OtherBytes = 128;             // link headers, pad and CRCs of a packet, at most
    private readonly AesGcm _cipher = new(key, TagBytes);
    private ulong _counter;

    public void Dispose() => _cipher.Dispose();

    protected override void Process(ref PacketBurst burst)
    {
        MakeUnencoded(ref burst);
        if (WouldOverflow(burst))
        {
            var rest = Split(ref burst, ulong.MaxValue << (burst.Count / 2));
            SealPayloads(burst);
            Context.Emit(0, burst);
            burst = rest;
        }
        SealPayloads(burst);
    }

    private static bool WouldOverflow(PacketBurst burst)
    {
        int bytes = 0;
        foreach (ref readonly var packet in burst.Packets.AsSpan(0, burst.Count))
            bytes += packet.HeaderLength + packet.PayloadLength + Growth + OtherBytes;
        return bytes > burst.SlabLength && burst.Count > 1;
    }

    private void SealPayloads(PacketBurst burst)
    {
        var store = Pool.Rent();                    // the burst's own slab is where encode lays the frames
        int offset = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            ref var packet = ref burst.Packets[i];
            if (packet.PayloadLength == 0)
                continue;
            int plain = packet.PayloadLength;
            var sealedBytes = store.Bytes(offset, plain + Growth);
            burst.CopyPayloadTo(packet, sealedBytes);
            Encrypt(burst.HeaderArea(i)[..packet.HeaderLength], sealedBytes[..plain], sealedBytes[plain..]);
            burst.Segments[packet.SegmentStart] = new PayloadSegment(store.Slab + offset, plain + Growth);
            packet.SegmentCount = 1;
            packet.PayloadLength = plain + Growth;  // a multiple of 4 more: the pad stays
            offset += plain + Growth;
        }
        burst.PayloadStore?.Release();
        burst.PayloadStore = store;
    }

    private void Encrypt(ReadOnlySpan<byte> header, Span<byte> payload, Span<byte> nonceAndTag)
    {
        var nonce = nonceAndTag[..NonceBytes];
        BinaryPrimitives.WriteUInt32BigEndian(nonce, sender);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], _counter++);
        Span<byte> covered = stackalloc byte[header.Length];
        Cover(header, covered);
        _cipher.Encrypt(nonce, payload, payload, nonceAndTag[NonceBytes..], covered);
    }

    /// <summary>The header as both ends see it: without the byte of FECN and BECN, which may change on the way.</summary>
    internal static void Cover(ReadOnlySpan<byte> header, Span<byte> covered)
    {
        header.CopyTo(covered);
        covered[4] = 0;
    }
}
