using RdmaPipeline.Hosting.Streams;

namespace RdmaPipeline.HostingTests.Streams;

/// <content>Every member of a stream, and what is refused.</content>
public sealed partial class StreamConformanceTests
{
    private static readonly byte[] s_greeting = "Hello, stream!"u8.ToArray();

    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task EveryWayOfReadingAndWritingIsTheSame(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium);
        foreach (var write in Writes())
        {
            foreach (var read in Reads())
            {
                var reading = Task.Run(() => read(pair.B));
                await Within(write(pair.A), reading);
                Assert.Equal(s_greeting, await reading);
            }
        }
    }

    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task ALineOfCopiesEnds(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium);
        var data = new byte[1_000_000];
        Random.Shared.NextBytes(data);
        using var sink = new MemoryStream();
        var copying = pair.B.CopyToAsync(sink);
        await Within(new MemoryStream(data).CopyToAsync(pair.A));
        await Within(pair.A.CompleteWritesAsync().AsTask(), copying);
        Assert.Equal(data, sink.ToArray());
    }

    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task AReadOfNothingWaitsForSomethingAndAWriteOfNothingSendsNothing(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium);
        var reading = pair.B.ReadAsync(Memory<byte>.Empty).AsTask();
        await pair.A.WriteAsync(ReadOnlyMemory<byte>.Empty);
        await pair.A.FlushAsync();
        Assert.False(reading.IsCompleted);
        await pair.A.WriteAsync(s_greeting);
        Assert.Equal(0, await reading.WaitAsync(StreamPair.Patience));
        Assert.Equal(s_greeting, await ReadExactly(pair.B));
    }

    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task ACancelledReadLosesNothingAndACancelledWriteEnds(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium, StreamPair.Small);
        using (var soon = new CancellationTokenSource())
        {
            var reading = pair.B.ReadAsync(new byte[10], soon.Token).AsTask();
            await soon.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(StreamPair.Patience));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pair.B.ReadAsync(new byte[10], soon.Token).AsTask());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pair.A.WriteAsync(new byte[10], soon.Token));
        }

        await pair.A.WriteAsync(s_greeting);
        Assert.Equal(s_greeting, await ReadExactly(pair.B));
        using var patience = new CancellationTokenSource();
        var writing = pair.A.WriteAsync(new byte[20_000], patience.Token).AsTask();
        Assert.False(writing.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(StreamPair.Patience));
        var rest = Drain(pair.B, new byte[1000]);
        await Within(pair.A.CompleteWritesAsync().AsTask());
        Assert.InRange(await rest.WaitAsync(StreamPair.Patience), 1, 20_000);
    }

    [Fact]
    public async Task OneReadAndOneWriteAtATime()
    {
        await using var pair = new StreamPair(StreamMedium.Memory, StreamPair.Small);
        var reading = pair.B.ReadAsync(new byte[10]).AsTask();
        var second = await Assert.ThrowsAsync<InvalidOperationException>(() => pair.B.ReadAsync(new byte[10]).AsTask());
        Assert.Contains("a read of this stream is under way", second.Message, StringComparison.Ordinal);
        await pair.B.WriteAsync(s_greeting);
        var writing = pair.A.WriteAsync(new byte[20_000]).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.A.WriteAsync(new byte[10]));
        Assert.Equal(s_greeting, await ReadExactly(pair.A));
        int first = await reading.WaitAsync(StreamPair.Patience);
        var rest = Drain(pair.B, new byte[1000]);
        await Within(writing);
        await Within(pair.A.CompleteWritesAsync().AsTask());
        Assert.Equal(20_000, first + await rest.WaitAsync(StreamPair.Patience));
    }

    [Fact]
    public async Task AClosedStreamRefusesEverythingAndEndsThoseWhoWait()
    {
        await using var pair = new StreamPair(StreamMedium.Memory, StreamPair.Small with { CloseTimeout = TimeSpan.FromMilliseconds(100) });
        var reading = pair.A.ReadAsync(new byte[10]).AsTask();
        var writing = pair.A.WriteAsync(new byte[20_000]).AsTask();
        await Within(pair.A.DisposeAsync().AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading.WaitAsync(StreamPair.Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.WaitAsync(StreamPair.Patience));
        Assert.Equal((false, false, false), (pair.A.CanRead, pair.A.CanWrite, pair.A.CanSeek));
        Assert.Throws<ObjectDisposedException>(() => pair.A.Read(new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => pair.A.Write(new byte[1]));
        Assert.Throws<ObjectDisposedException>(pair.A.Flush);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.A.CompleteWritesAsync());
        pair.A.Dispose();
        // Not all that A had written was sent, and B hears of it behind what was.
        var fault = await Assert.ThrowsAsync<RdmaStreamException>(() => Drain(pair.B, new byte[100]).WaitAsync(StreamPair.Patience));
        Assert.Contains("given up before all", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatAConnectionHasNotIsNotSupported()
    {
        await using var pair = new StreamPair(StreamMedium.Memory);
        Assert.Equal((true, true, false, false), (pair.A.CanRead, pair.A.CanWrite, pair.A.CanSeek, pair.A.CanTimeout));
        Assert.Throws<NotSupportedException>(() => pair.A.Length);
        Assert.Throws<NotSupportedException>(() => pair.A.Position);
        Assert.Throws<NotSupportedException>(() => pair.A.Position = 0);
        Assert.Throws<NotSupportedException>(() => pair.A.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => pair.A.SetLength(0));
        Assert.Throws<ArgumentNullException>(() => pair.A.Read(null!, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pair.A.Write(new byte[1], 0, 2));
    }

    private static IEnumerable<Func<Stream, Task>> Writes() =>
    [
        stream => stream.WriteAsync(s_greeting).AsTask(),
        stream => stream.WriteAsync(s_greeting, 0, s_greeting.Length),
        stream => Task.Factory.FromAsync(stream.BeginWrite, stream.EndWrite, s_greeting, 0, s_greeting.Length, null),
        stream => Task.Run(() => stream.Write(s_greeting, 0, s_greeting.Length)),
        stream => Task.Run(() => stream.Write(s_greeting.AsSpan())),
        stream => Task.Run(() =>
        {
            foreach (byte one in s_greeting)
                stream.WriteByte(one);
            stream.Flush();
        }),
    ];

    private static IEnumerable<Func<Stream, Task<byte[]>>> Reads() =>
    [
        ReadExactly,
        stream => Gather((buffer, offset) => stream.ReadAsync(buffer, offset, buffer.Length - offset)),
        stream => Gather((buffer, offset) => Task.Factory.FromAsync(
            stream.BeginRead, stream.EndRead, buffer, offset, buffer.Length - offset, null)),
        stream => Gather((buffer, offset) => Task.FromResult(stream.Read(buffer, offset, buffer.Length - offset))),
        stream => Gather((buffer, offset) => Task.FromResult(stream.Read(buffer.AsSpan(offset)))),
        stream => Gather((buffer, offset) =>
        {
            buffer[offset] = (byte)stream.ReadByte();
            return Task.FromResult(1);
        }),
    ];

    private static async Task<byte[]> Gather(Func<byte[], int, Task<int>> read)
    {
        var buffer = new byte[s_greeting.Length];
        for (int have = 0; have < buffer.Length;)
            have += await read(buffer, have);
        return buffer;
    }

    private static async Task<byte[]> ReadExactly(Stream stream)
    {
        var buffer = new byte[s_greeting.Length];
        await stream.ReadExactlyAsync(buffer).AsTask().WaitAsync(StreamPair.Patience);
        return buffer;
    }
}
