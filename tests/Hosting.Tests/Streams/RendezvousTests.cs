using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Streams;

/// <summary>How two ends come to know each other.</summary>
[Collection(DeviceCollection.Name)]
public sealed class RendezvousTests
{
    [Theory]
    [InlineData(StreamMedium.Memory)]
    [InlineData(StreamMedium.Udp)]
    public async Task AListenerTakesStreamsAndTurnsAwayWhoIsNone(StreamMedium medium)
    {
        var (a, b) = StreamPair.Open(medium);
        using (a)
        using (b)
        {
            using var listener = new RdmaStreamListener(b, new IPEndPoint(IPAddress.Loopback, 0));
            var accepting = listener.AcceptAsync().AsTask();
            using (var stranger = new TcpClient())
            {
                await stranger.ConnectAsync(listener.LocalEndpoint);
                await stranger.GetStream().WriteAsync("GET / HTTP/1.1\n"u8.ToArray());
                await DrainAsync(stranger.GetStream());
            }

            await using var client = await RdmaStream.ConnectAsync(a, listener.LocalEndpoint).AsTask().WaitAsync(StreamPair.Patience);
            await using var server = await accepting.WaitAsync(StreamPair.Patience);
            await client.WriteAsync("question"u8.ToArray());
            var heard = new byte[8];
            await server.ReadExactlyAsync(heard);
            Assert.Equal("question", Encoding.ASCII.GetString(heard));
            await Task.WhenAll(client.DisposeAsync().AsTask(), server.DisposeAsync().AsTask()).WaitAsync(StreamPair.Patience);
            Assert.Equal(0, b.QueuePairCount);
            var waiting = listener.AcceptAsync().AsTask();
            listener.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(StreamPair.Patience));
        }
    }

    [Theory]
    [InlineData("rdma-stream/1 ::ffff:10.0.0.1/0x11/0x2f3a51 32 32768", null)]
    [InlineData("rdma-stream/2 ::ffff:10.0.0.1/0x11/0x2f3a51 32 32768", "is no offer of a stream")]
    [InlineData("rdma-stream/1 ::ffff:10.0.0.1/0x11/0x2f3a51 32", "is no offer of a stream")]
    [InlineData("rdma-stream/1 nowhere 32 32768", "is no endpoint")]
    [InlineData("rdma-stream/1 ::1/0x11/0x1 3 32768", "buffers is '3'; it must be a number from 4 to 4096")]
    [InlineData("rdma-stream/1 ::1/0x11/0x1 4 63", "bytes is '63'; it must be a number from 64 to 16777216")]
    public void AnOfferIsALineOfText(string text, string? error)
    {
        if (error is null)
            Assert.Equal(text, RdmaStreamOffer.Parse(text).ToString());
        else
            Assert.Contains(error, Assert.Throws<FormatException>(() => RdmaStreamOffer.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APeerThatSaysTooMuchOrGoesAwayEndsTheRendezvous()
    {
        var (a, b) = StreamPair.Open(StreamMedium.Memory);
        using (a)
        using (b)
        {
            foreach (string said in new[] { "", "rdma", new string('x', 300), "rdma-stream/1 ::1/0x11/0x1 4 64\nno\n" })
            {
                var pipe = new Pipe();
                await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(said));
                await pipe.Writer.CompleteAsync();
                var rendezvous = new StreamRendezvous(new OneWay(pipe.Reader.AsStream()));
                await Assert.ThrowsAnyAsync<Exception>(
                    () => RdmaStream.ConnectAsync(a, rendezvous, new() { CloseTimeout = TimeSpan.Zero }).AsTask());
                Assert.Equal((0, 0), (a.QueuePairCount, a.MemoryRegionCount));
            }
        }
    }

    private static async Task DrainAsync(Stream stream)
    {
        var buffer = new byte[100];
        try
        {
            while (await stream.ReadAsync(buffer).AsTask().WaitAsync(StreamPair.Patience) > 0)
            {
            }
        }
        catch (IOException)
        {
            // It was turned away with what it had said unread.
        }
    }

    /// <summary>Reads, and swallows what is written.</summary>
    private sealed class OneWay(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => inner.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count)
        {
        }
    }
}
