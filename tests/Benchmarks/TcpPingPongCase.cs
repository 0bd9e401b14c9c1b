using System.Diagnostics;

namespace RdmaPipeline.Benchmarks;

/// <summary>64 B there and back over a blocking .NET TCP stream.</summary>
internal sealed class TcpPingPongCase : IBenchmarkCase
{
    private const int MessageSize = 64;
    private readonly TcpPair _pair = new();
    private readonly Thread _echo;

    public TcpPingPongCase()
    {
        _echo = new Thread(EchoUntilClosed) { IsBackground = true, Name = "tcp echo" };
        _echo.Start();
    }

    public string Name => "TCP (.NET Socket)";

    public Workload Workload => Workload.PingPong64B;

    public Sample Run(TimeSpan duration)
    {
        var message = new byte[MessageSize];
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        long trips = 0;
        while (clock.Elapsed < duration)
        {
            for (var i = 0; i < 64; i++, trips++)
            {
                _pair.Near.Send(message);
                TcpPair.ReceiveAll(_pair.Near, message);
            }
        }

        return new Sample(clock.Elapsed.TotalSeconds / (2 * trips), 0, 0, GC.GetTotalAllocatedBytes(precise: true) - before);
    }

    public void Dispose()
    {
        _pair.Dispose();
        _echo.Join();
    }

    private void EchoUntilClosed()
    {
        var message = new byte[MessageSize];
        try
        {
            while (TcpPair.ReceiveAll(_pair.Far, message))
                _pair.Far.Send(message);
        }
        catch (Exception closed) when (closed is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
        }
    }
}
