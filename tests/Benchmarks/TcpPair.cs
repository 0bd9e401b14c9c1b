using System.Net;
using System.Net.Sockets;

namespace RdmaPipeline.Benchmarks;

/// <summary>Two connected .NET sockets on the loopback interface.</summary>
internal sealed class TcpPair : IDisposable
{
    public TcpPair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        Near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Near.Connect(listener.LocalEndPoint!);
        Far = listener.Accept();
        Far.NoDelay = true;
    }

    public Socket Near { get; }

    public Socket Far { get; }

    public static bool ReceiveAll(Socket socket, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var read = socket.Receive(buffer);
            if (read == 0)
                return false;
            buffer = buffer[read..];
        }

        return true;
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
