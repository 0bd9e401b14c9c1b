using System.IO.Pipelines;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// Pipes over a stream, in its registered memory: <see cref="Input"/> shows the buffers that data were received in, <see cref="Output"/>
/// hands out those that they are sent from, so that nothing is copied but where a reader examines much and consumes little, or a writer is
/// ahead of its peer. Completing <see cref="Output"/> ends the stream in that direction (<see cref="RdmaStream.CompleteWritesAsync"/>);
/// completing <see cref="Input"/> gives up reading. Disposing closes the stream.
/// </summary>
public sealed class RdmaDuplexPipe : IDuplexPipe, IAsyncDisposable
{
    private readonly RdmaStream _stream;

    /// <summary>Makes pipes over a stream, which is theirs from now on: reads and writes of its own would mix with theirs.</summary>
    /// <param name="stream">The stream.</param>
    public RdmaDuplexPipe(RdmaStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        Input = new RdmaPipeReader(stream);
        Output = new RdmaPipeWriter(stream);
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output { get; }

    /// <summary>Closes the stream, as <see cref="RdmaStream.DisposeAsync"/> does. What was written and never flushed may be lost.</summary>
    public ValueTask DisposeAsync()
    {
        _stream.Release();
        return _stream.DisposeAsync();
    }
}
