using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RdmaPipeline.Hosting.Control;

/// <summary>One JSON object per line over a stream, with bounded lines and bounded patience.</summary>
internal sealed class LineChannel(Stream stream, int longestLine, TimeSpan patience)
{
    private static readonly byte[] s_end = [(byte)'\n'];

    private byte[] _buffer = new byte[4096];
    private int _filled;

    /// <summary>Reads the next line; null at the end.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="waitsForEver">Whether the peer may say nothing for as long as it likes.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The line is too long, or nothing came in time.</exception>
    /// <exception cref="JsonException">The line is not what is expected.</exception>
    public async ValueTask<T?> ReceiveAsync<T>(JsonTypeInfo<T> type, bool waitsForEver, CancellationToken cancellation)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(waitsForEver ? Timeout.InfiniteTimeSpan : patience);
        int end;
        while ((end = Array.IndexOf(_buffer, (byte)'\n', 0, _filled)) < 0)
        {
            MakeRoom();
            int read = await ReadAsync(limit.Token, cancellation).ConfigureAwait(false);
            if (read == 0)
                return _filled == 0 ? null : throw new IOException("the connection ended within a line");
            _filled += read;
        }

        var value = JsonSerializer.Deserialize(_buffer.AsSpan(0, end), type);
        _filled -= end + 1;
        _buffer.AsSpan(end + 1, _filled).CopyTo(_buffer);
        return value ?? throw new JsonException("the line is null");
    }

    /// <summary>Writes a line.</summary>
    /// <exception cref="IOException">The peer does not take it in time.</exception>
    public async ValueTask SendAsync<T>(T value, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(value, type), .. s_end];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            await stream.WriteAsync(line, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"the peer took nothing for {patience.TotalSeconds} s");
        }
    }

    private async ValueTask<int> ReadAsync(CancellationToken limit, CancellationToken cancellation)
    {
        try
        {
            return await stream.ReadAsync(_buffer.AsMemory(_filled), limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"nothing came for {patience.TotalSeconds} s");
        }
    }

    private void MakeRoom()
    {
        if (_filled < _buffer.Length)
            return;
        if (_buffer.Length >= longestLine)
            throw new IOException($"a line has more than {longestLine} bytes");
        Array.Resize(ref _buffer, Math.Min(longestLine, 2 * _buffer.Length));
    }
}
