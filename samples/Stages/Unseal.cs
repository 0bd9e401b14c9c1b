using System.Security.Cryptography;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

/// <summary>
/// Decrypts what a <see cref="Seal"/> with the same key has encrypted, behind decode; drops what was not, or was changed.
/// </summary>
public sealed class Unseal(byte[] key) : PacketStage, IDisposable
{
    private readonly AesGcm _cipher = new(key, Seal.TagBytes);

    public void Dispose() => _cipher.Dispose();

    protected override void Process(ref PacketBurst burst)
    {
        Own(ref burst);
        ulong refused = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            if (!TryOpen(burst, i))
                refused |= 1UL << i;
        }
        Drop(ref burst, refused, DropReason.BadTransport);
    }

    private bool TryOpen(PacketBurst burst, int index)
    {
        if (!TryView(burst, index, out var view) || view.PayloadLength == 0)
            return true;                            // nothing is sealed in an acknowledgement or a READ request
        ref var packet = ref burst.Packets[index];
        int plain = view.PayloadLength - Seal.Growth;
        if (plain < 0 || packet.Icrc == IcrcStatus.Invalid)
            return false;
        int headerLength = view.Traits.HeaderLength;
        var transport = burst.Bytes(packet.TransportOffset, packet.TransportLength);
        var payload = transport.Slice(headerLength, plain);
        var nonceAndTag = transport.Slice(headerLength + plain, Seal.Growth);
        Span<byte> covered = stackalloc byte[headerLength];
        Seal.Cover(transport[..headerLength], covered);
        try
        {
            _cipher.Decrypt(nonceAndTag[..Seal.NonceBytes], payload, nonceAndTag[Seal.NonceBytes..], payload, covered);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        packet.TransportLength -= Seal.Growth;      // pad and ICRC, already judged, are only counted from here on
        return true;
    }
}
