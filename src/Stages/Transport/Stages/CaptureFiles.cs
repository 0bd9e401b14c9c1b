using RdmaPipeline.Backends.Captures;

namespace RdmaPipeline.Transport.Stages;

/// <summary>The files of a capture: begins one after another and removes the oldest. Used by the writing thread only.</summary>
internal sealed class CaptureFiles(CaptureOptions options, string interfaceName) : ICaptureTarget
{
    private const int BufferBytes = 256 * 1024;

    private readonly Queue<string> _kept = new();
    private Stream? _stream;
    private PcapNgWriter? _writer;
    private int _number;
    private int _ethernet;
    private int _infiniBand;
    private long _length;

    public void Write(in CapturedBytes packet, ReadOnlySpan<byte> frame, int originalLength)
    {
        if (_writer is null || (options.MaxFileBytes > 0 && _length + frame.Length > options.MaxFileBytes))
            BeginFile();
        int link = packet.IsNative ? _infiniBand : _ethernet;
        _writer!.Write(link, packet.Nanoseconds, frame, packet.Comment, originalLength: originalLength);
        _length = _stream!.Position;
    }

    // What was written becomes a whole file.
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
}
