using System.Text;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>A rendezvous over any stream that both ends have, as one over TCP: a line with the offer, then a line <c>ready</c>.</summary>
/// <param name="stream">The stream; it stays the caller's.</param>
public sealed class StreamRendezvous(Stream stream) : IRdmaStreamRendezvous
{
    private const int LongestLine = 256;
    private const string Ready = "ready";

    /// <inheritdoc/>
    public async ValueTask<RdmaStreamOffer> ExchangeAsync(RdmaStreamOffer own, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        await SendAsync(own.ToString(), cancellationToken).ConfigureAwait(false);
        string line = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return RdmaStreamOffer.Parse(line);
        }
        catch (FormatException fault)
        {
            throw new IOException($"the peer of the rendezvous made no offer: {fault.Message}", fault);
        }
    }

    /// <inheritdoc/>
    public async ValueTask ConfirmAsync(CancellationToken cancellationToken)
    {
        await SendAsync(Ready, cancellationToken).ConfigureAwait(false);
        string line = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
        if (line != Ready)
            throw new IOException($"the peer of the rendezvous said '{line}'; it should say '{Ready}'");
    }

    private async ValueTask SendAsync(string line, CancellationToken cancellation)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\n"), cancellation).ConfigureAwait(false);
        await stream.FlushAsync(cancellation).ConfigureAwait(false);
    }

    // Byte by byte: what follows the line belongs to somebody else.
    private async ValueTask<string> ReceiveAsync(CancellationToken cancellation)
    {
        var line = new byte[LongestLine];
        for (int length = 0; length < line.Length; length++)
        {
            if (await stream.ReadAsync(line.AsMemory(length, 1), cancellation).ConfigureAwait(false) == 0)
                throw new IOException($"the peer of the rendezvous went away after {length} bytes of its line");
            if (line[length] == '\n')
                return Encoding.ASCII.GetString(line, 0, length);
        }

        throw new IOException($"the peer of the rendezvous sent a line of more than {LongestLine} bytes");
    }
}
