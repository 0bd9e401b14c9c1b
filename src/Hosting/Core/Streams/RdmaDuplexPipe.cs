using System.IO.Pipelines;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// Pipes over a stream. Completing <see cref="Output"/> ends the stream in that direction (<see cref="RdmaStream.CompleteWritesAsync"/>);
/// completing <see cref="Input"/> gives up reading. Disposing closes the stream.
/// </summary>
public sealed class RdmaDuplexPipe : IDuplexPipe, IAsyncDisposable
{
    private readonly RdmaStream _stream;

    /// <summary>Makes pipes over a stream, which is theirs from now on.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="reading">How the reader buffers; null for the defaults.</param>
    /// <param name="writing">How the writer buffers; null for the defaults.</param>
    public RdmaDuplexPipe(RdmaStream stream, StreamPipeReaderOptions? reading = null, StreamPipeWriterOptions? writing = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        Input = PipeReader.Create(stream, reading is null ? new(leaveOpen: true) : With(reading));
        Output = PipeWriter.Create(new WritingHalf(stream), writing);
    }

    /// <inheritdoc/>
    public PipeReader Input { get; }

    /// <inheritdoc/>
    public PipeWriter Output { get; }

    /// <summary>Closes the stream, as <see cref="RdmaStream.DisposeAsync"/> does.</summary>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    // The reader must not close the stream under the writer.
    private static StreamPipeReaderOptions With(StreamPipeReaderOptions options) =>
        new(options.Pool, options.BufferSize, options.MinimumReadSize, leaveOpen: true, options.UseZeroByteReads);
}
