using System.Diagnostics.CodeAnalysis;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>The half of a stream that is written: disposing of it ends the stream in that direction and no more.</summary>
internal sealed class WritingHalf(RdmaStream stream) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => stream.CanWrite;

    public override long Length => stream.Length;

    public override long Position
    {
        get => stream.Position;
        set => stream.Position = value;
    }

    public override void Flush() => stream.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => stream.Write(buffer);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        stream.WriteAsync(buffer, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("this half is only written");

    public override long Seek(long offset, SeekOrigin origin) => stream.Seek(offset, origin);

    public override void SetLength(long value) => stream.SetLength(value);

    [SuppressMessage("Usage", "CA2215", Justification = "The base does by blocking what is done here.")]
    public override ValueTask DisposeAsync() => stream.CompleteWritesAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            stream.CompleteWritesAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }
}
