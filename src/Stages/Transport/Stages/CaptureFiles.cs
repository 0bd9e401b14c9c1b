using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>The files of a capture: begins one after another and removes the oldest. Used by the writing thread only.</summary>
internal sealed class CaptureFiles(CaptureOptions options, string interfaceName, ushort udpPort) : IDisposable
{
    private const int BufferBytes = 256 * 1024;

    private static readonly string?[] Comments = new string?[DropReasons.Count];

    private readonly CaptureFrames _frames = new(options.SnapLength, udpPort);
    private readonly Queue<string> _kept = new();
    private Stream? _stream;
    private PcapNgWriter? _writer;
    private int _number;
    private int _ethernet;
    private int _infiniBand;
    private long _length;

    public void Write(in CapturedBytes packet, ReadOnlySpan<byte> bytes)
    {
        var frame = packet.HasLink ? bytes : _frames.Make(packet, bytes);
        if (_writer is null || (options.MaxFileBytes > 0 && _length + frame.Length > options.MaxFileBytes))
            BeginFile();
        int link = packet.IsNative ? _infiniBand : _ethernet;
        _writer!.Write(link, packet.Nanoseconds, frame, CommentOf(packet.Drop));
        _length = _stream!.Position;
    }

    /// <summary>Nothing more waits: what was written becomes a whole file.</summary>
    public void Flush() => _stream?.Flush();

    public void Dispose() => _stream?.Dispose();

    private void BeginFile()
    {
        _stream?.Dispose();
        string path = PathOf(++_number);
        _stream = options.Open?.Invoke(path)
            ?? new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, BufferBytes);
        _kept.Enqueue(path);
        if (_kept.Count > options.MaxFiles && _kept.Dequeue() is var oldest && options.Open is null)
            File.Delete(oldest);
        _writer = new PcapNgWriter(_stream, "RdmaPipeline", options.Comment);
        _ethernet = _writer.AddInterface(LinkLayerType.Ethernet, interfaceName);
        _infiniBand = _writer.AddInterface(LinkLayerType.InfiniBand, interfaceName);
        _length = 0;
    }

    private string PathOf(int number) => options.MaxFileBytes == 0
        ? options.Path
        : System.IO.Path.ChangeExtension(options.Path, null) + $"-{number:D4}" + System.IO.Path.GetExtension(options.Path);

    private static string? CommentOf(DropReason drop) =>
        drop == DropReason.None ? null : Comments[(int)drop] ??= $"dropped: {DropReasons.Name(drop)}";
}
