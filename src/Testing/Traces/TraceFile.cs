using System.Diagnostics;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing.Traces;

/// <summary>
/// Listens to this process's RDMA spans and writes those that end to a file: OTLP in JSON, one ExportTraceServiceRequest a line, as the
/// OpenTelemetry collector's file exporter does. <c>rdmapipe explain</c> reads it.
/// </summary>
public sealed class TraceFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Stream _stream;
    private readonly string _service;
    private readonly ActivityListener _listener;
    private bool _isClosed;

    /// <summary>Begins to listen.</summary>
    /// <param name="stream">Where to write; closed in the end.</param>
    /// <param name="service">The name of the service in the file.</param>
    public TraceFile(Stream stream, string service = "rdmapipe")
    {
        ArgumentNullException.ThrowIfNull(stream);
        (_stream, _service) = (stream, service);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RdmaPipelineTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Write,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="path">The file, written anew.</param>
    /// <param name="service">The name of the service in the file.</param>
    public TraceFile(string path, string service = "rdmapipe")
        : this(File.Create(path), service)
    {
    }

    /// <summary>Spans written so far.</summary>
    public long Count { get; private set; }

    /// <summary>Ends, and closes the file.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        lock (_lock)
        {
            _isClosed = true;
            _stream.Dispose();
        }
    }

    private void Write(Activity span)
    {
        byte[] line = OtlpJson.Request(span, _service);
        lock (_lock)
        {
            if (_isClosed)
                return;
            _stream.Write(line);
            Count++;
        }
    }
}
