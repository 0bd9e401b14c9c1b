using System.Diagnostics;

namespace RdmaPipeline.Benchmarks;

/// <summary>The peer everybody has: a blocking .NET TCP stream, 64 KiB writes, 64 KiB reads, one thread at each end.</summary>
internal sealed class TcpStreamCase : IBenchmarkCase
{
    private const int MessageSize = 65536;
    private readonly TcpPair _pair = new();
    private readonly Thread _reader;
    private long _received;

    public TcpStreamCase()
    {
        _reader = new Thread(ReadUntilClosed) { IsBackground = true, Name = "tcp reader" };
        _reader.Start();
    }

    public string Name => "TCP stream (.NET Socket)";

    public Workload Workload => Workload.Stream64KiB;

    public Sample Run(TimeSpan duration)
    {
        var message = new byte[MessageSize];
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        var first = Volatile.Read(ref _received);
        long sent = 0;
        while (clock.Elapsed < duration)
        {
            for (var burst = 0; burst < 16; burst++)
                sent += _pair.Near.Send(message);
        }

        var spin = new SpinWait();
        while (Volatile.Read(ref _received) - first < sent)
            spin.SpinOnce();
        var seconds = clock.Elapsed.TotalSeconds;
        return new Sample(sent / seconds, 0, 0, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    public void Dispose()
    {
        _pair.Dispose();
        _reader.Join();
    }

    private void ReadUntilClosed()
    {
        var buffer = new byte[MessageSize];
        try
        {
            int read;
            while ((read = _pair.Far.Receive(buffer)) > 0)
                Volatile.Write(ref _received, _received + read);
        }
        catch (Exception closed) when (closed is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
        }
    }
}
