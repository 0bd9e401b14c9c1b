using System.Buffers;
using System.IO.Pipelines;
using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Streams;

/// <summary>The pipes over a stream, over every medium: what everybody expects of pipes, in the stream's own memory.</summary>
[Collection(DeviceCollection.Name)]
public sealed class PipeTests
{
    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task PipesCarryBothWaysAndEndOneByOne(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium);
        var (left, right) = (new RdmaDuplexPipe(pair.A), new RdmaDuplexPipe(pair.B));
        var data = Pattern(300_000);
        var echo = Task.Run(async () =>
        {
            await right.Input.CopyToAsync(right.Output);
            await right.Output.CompleteAsync();
        });
        var writing = Task.Run(async () =>
        {
            await left.Output.WriteAsync(data);
            await left.Output.CompleteAsync();
        });
        using var back = new MemoryStream();
        await Within(left.Input.CopyToAsync(back));
        await Within(Task.WhenAll(echo, writing));
        Assert.Equal(data, back.ToArray());
        await left.Input.CompleteAsync();
        await right.Input.CompleteAsync();
        Assert.True(pair.A.CanRead);
        await Within(Task.WhenAll(left.DisposeAsync().AsTask(), right.DisposeAsync().AsTask()));
        Assert.False(pair.A.CanRead);
    }

    [Theory] // Room of all sizes, also more than a buffer has, flushed now and then; consumed and examined at random.
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task WhateverIsReservedAndHoweverItIsReadTheBytesAreTheSame(StreamMedium medium)
    {
        for (int seed = 1; seed <= 4; seed++)
        {
            await using var pair = new StreamPair(medium, StreamPair.Small with { BufferBytes = 100 * seed, ReceiveBuffers = 3 + seed });
            var (writer, reader) = (new RdmaDuplexPipe(pair.A).Output, new RdmaDuplexPipe(pair.B).Input);
            var data = Pattern(60_000);
            await Within(Task.WhenAll(
                Task.Run(() => WriteAsync(writer, data, new Random(seed))), Task.Run(() => ReadAsync(reader, data, new Random(-seed)))));
            Assert.Equal(0, writer.UnflushedBytes);
        }
    }

    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task WhoeverExaminesAllAndConsumesNothingGetsEverythingAllTheSame(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium, StreamPair.Small);
        var reader = new RdmaDuplexPipe(pair.B).Input;
        var data = Pattern(20_000);
        var writing = pair.A.WriteAsync(data).AsTask();
        var all = await Within(reader.ReadAtLeastAsync(data.Length).AsTask());
        Assert.Equal(data, all.Buffer.ToArray());
        reader.AdvanceTo(all.Buffer.End);
        await Within(writing);
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public async Task SmallPiecesAreOneMessageAndNoneBeforeTheFlush()
    {
        await using var pair = new StreamPair(StreamMedium.Memory);
        var (writer, reader) = (new RdmaDuplexPipe(pair.A).Output, new RdmaDuplexPipe(pair.B).Input);
        long before = pair.DeviceA.GetPipeline().HardwareCounters["rdma_sends"];
        var data = Pattern(1000);
        for (int i = 0; i < data.Length; i += 10)
            writer.Write(data.AsSpan(i, 10));
        Assert.Equal((1000, before), (writer.UnflushedBytes, pair.DeviceA.GetPipeline().HardwareCounters["rdma_sends"]));
        await Within(writer.FlushAsync().AsTask());
        var read = await Within(reader.ReadAsync().AsTask());
        Assert.Equal(data, read.Buffer.ToArray());
        Assert.True(read.Buffer.IsSingleSegment);
        Assert.Equal(before + 1, pair.DeviceA.GetPipeline().HardwareCounters["rdma_sends"]);
    }

    [Fact]
    public async Task AWaitIsCancelledByTheTokenAndByThePipeAndNothingIsLost()
    {
        await using var pair = new StreamPair(StreamMedium.Memory, StreamPair.Small);
        var (writer, reader) = (new RdmaDuplexPipe(pair.A).Output, new RdmaDuplexPipe(pair.B).Input);
        using (var soon = new CancellationTokenSource())
        {
            var cancelled = reader.ReadAsync(soon.Token).AsTask();
            await soon.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within(cancelled));
        }

        var reading = reader.ReadAsync().AsTask();
        reader.CancelPendingRead();
        Assert.Equal((true, false, 0), Judge(await Within(reading)));
        reader.CancelPendingRead();
        Assert.True((await Within(reader.ReadAsync().AsTask())).IsCanceled);
        var data = Pattern(20_000);
        data.CopyTo(writer.GetSpan(data.Length));
        writer.Advance(data.Length);
        var flushing = writer.FlushAsync().AsTask();
        Assert.False(flushing.IsCompleted);
        writer.CancelPendingFlush();
        Assert.True((await Within(flushing)).IsCanceled);
        var rest = Within(writer.CompleteAsync().AsTask());
        using var all = new MemoryStream();
        await Within(reader.CopyToAsync(all));
        await rest;
        Assert.Equal(data, all.ToArray());
    }

    [Fact]
    public async Task APeerThatIsGoneFailsReaderAndWriterOnceAllIsRead()
    {
        await using var pair = new StreamPair(
            StreamMedium.Udp, StreamPair.Small with { Connect = new ConnectOptions { Timeout = 10, RetryCount = 2 } }) { IsBroken = true };
        var (writer, reader) = (new RdmaDuplexPipe(pair.A).Output, new RdmaDuplexPipe(pair.A).Input);
        await Within(pair.B.WriteAsync(Pattern(10)).AsTask());
        var read = await Within(reader.ReadAsync().AsTask());
        reader.AdvanceTo(read.Buffer.GetPosition(4), read.Buffer.End);
        pair.DeviceB.Dispose();
        writer.Write(Pattern(10));
        await Assert.ThrowsAsync<RdmaStreamException>(() => Within(writer.CompleteAsync().AsTask()));
        await Assert.ThrowsAsync<RdmaStreamException>(() => Within(reader.ReadAsync().AsTask()));
        await reader.CompleteAsync();
    }

    [Fact]
    public async Task WhatAPipeDoesNotDoIsRefused()
    {
        await using var pair = new StreamPair(StreamMedium.Memory);
        await using var pipe = new RdmaDuplexPipe(pair.A);
        var room = pipe.Output.GetMemory();
        Assert.Throws<ArgumentOutOfRangeException>(() => pipe.Output.Advance(room.Length + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pipe.Output.GetMemory(-1));
        await pair.B.WriteAsync(Pattern(10));
        var read = await Within(pipe.Input.ReadAsync().AsTask());
        pipe.Input.AdvanceTo(read.Buffer.GetPosition(5), read.Buffer.End);
        Assert.Throws<ArgumentOutOfRangeException>(() => pipe.Input.AdvanceTo(read.Buffer.Start));
        Assert.Throws<ArgumentException>(() => pipe.Input.AdvanceTo(new ReadOnlySequence<byte>(new byte[9]).End));
        await pipe.Input.CompleteAsync();
        await Within(pipe.Output.CompleteAsync().AsTask());
        Assert.Throws<InvalidOperationException>(() => pipe.Input.TryRead(out _));
        Assert.Throws<InvalidOperationException>(() => pipe.Output.GetMemory());
    }

    private static (bool, bool, long) Judge(ReadResult result) => (result.IsCanceled, result.IsCompleted, result.Buffer.Length);

    private static async Task WriteAsync(PipeWriter writer, byte[] data, Random random)
    {
        for (int sent = 0; sent < data.Length;)
        {
            int piece = Math.Min(1 + random.Next(random.Next(3) == 0 ? 900 : 60), data.Length - sent);
            if (random.Next(8) == 0)
            {
                await writer.WriteAsync(data.AsMemory(sent, piece));
            }
            else
            {
                data.AsSpan(sent, piece).CopyTo(writer.GetSpan(piece));
                writer.Advance(piece);
            }

            sent += piece;
            if (random.Next(6) == 0)
                await writer.FlushAsync();
        }

        await writer.CompleteAsync();
    }

    private static async Task ReadAsync(PipeReader reader, byte[] data, Random random)
    {
        for (int have = 0; ;)
        {
            var result = await reader.ReadAsync();
            var there = result.Buffer.ToArray();
            Assert.True(data.AsSpan(have).StartsWith(there), $"wrong data behind byte {have}");
            if (result.IsCompleted && have + there.Length == data.Length)
                break;
            int consumed = random.Next(there.Length + 1);
            int examined = random.Next(2) == 0 ? there.Length : random.Next(consumed, there.Length + 1);
            reader.AdvanceTo(result.Buffer.GetPosition(consumed), result.Buffer.GetPosition(examined));
            have += consumed;
        }

        await reader.CompleteAsync();
    }

    private static byte[] Pattern(int length)
    {
        var data = new byte[length];
        PatternGenerator.Fill(data, seed: 11);
        return data;
    }

    private static Task Within(Task task) => task.WaitAsync(StreamPair.Patience);

    private static Task<T> Within<T>(Task<T> task) => task.WaitAsync(StreamPair.Patience);
}
