namespace RdmaPipeline.Hosting.Streams;

/// <content>Calls that may have to wait.</content>
public sealed partial class RdmaStream
{
    private readonly ReadOperation _read;
    private readonly WriteOperation _write;
    private readonly WaitOperation _flush;

    private ReadOperation ClaimRead() => _read.TryClaim() ? _read : new ReadOperation(this);

    private WriteOperation ClaimWrite() => _write.TryClaim() ? _write : new WriteOperation(this);

    private WaitOperation ClaimFlush() => _flush.TryClaim() ? _flush : new WaitOperation(this, _writable, IsSent);

    private sealed class ReadOperation(RdmaStream stream) : StreamOperation<int>(stream._readable)
    {
        private Memory<byte> _buffer;

        public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
        {
            _buffer = buffer;
            return StartAsync(cancellation);
        }

        protected override void Enter() => stream.BeginRead();

        protected override void Leave()
        {
            _buffer = default;
            stream.EndRead();
        }

        protected override bool TryEnd(out int result) => (result = stream.Take(_buffer.Span)) != Wait;
    }

    private sealed class WriteOperation(RdmaStream stream) : StreamOperation<bool>(stream._writable)
    {
        private ReadOnlyMemory<byte> _rest;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
        {
            _rest = data;
            return StartPlainAsync(cancellation);
        }

        protected override void Enter() => stream.BeginWrite();

        protected override void Leave()
        {
            _rest = default;
            stream.EndWrite();
        }

        protected override bool TryEnd(out bool result)
        {
            result = true;
            while (!stream.Put(_rest.Span, out int written))
            {
                _rest = _rest[written..];
                if (stream.WaitsForRoom())
                    return false;
            }

            return true;
        }
    }

    /// <summary>Waits until something is so; as a write, for there is one of them at a time.</summary>
    private sealed class WaitOperation(RdmaStream stream, StreamSignal signal, Func<bool> isSo) : StreamOperation<bool>(signal)
    {
        public ValueTask WaitAsync(CancellationToken cancellation) => StartPlainAsync(cancellation);

        protected override void Enter() => stream.BeginWrite();

        protected override void Leave() => stream.EndWrite();

        protected override bool TryEnd(out bool result) => result = isSo();
    }

    /// <summary>Waits for the end, whatever else is under way.</summary>
    private sealed class EndOperation(RdmaStream stream) : StreamOperation<bool>(stream._closed)
    {
        public ValueTask WaitAsync(CancellationToken cancellation) => StartPlainAsync(cancellation);

        protected override void Enter()
        {
            // There is one, for a stream is disposed of once.
        }

        protected override void Leave()
        {
        }

        protected override bool TryEnd(out bool result) => result = stream.IsEnded();
    }
}
