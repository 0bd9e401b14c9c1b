using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Streams;

/// <summary>What everybody expects of a connected stream, over every medium.</summary>
[Collection(DeviceCollection.Name)]
public sealed partial class StreamConformanceTests
{
    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task DataArriveInOrderBothWaysAtOnce(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium);
        var (there, back) = (new Traffic(1, 8_000_000), new Traffic(2, 8_000_000));
        await Within(there.WriteAsync(pair.A), there.ReadAsync(pair.B), back.WriteAsync(pair.B), back.ReadAsync(pair.A));
    }

    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task TheSmallestBuffersCarryTheSame(StreamMedium medium)
    {
        await using var pair = new StreamPair(
            medium, StreamPair.Small, StreamPair.Small with { BufferBytes = 700, ReceiveBuffers = 5, SendBuffers = 7 });
        var (there, back) = (new Traffic(3, 100_000), new Traffic(4, 100_000));
        await Within(
            there.WriteAsync(pair.A, 3000), there.ReadAsync(pair.B, 3000), back.WriteAsync(pair.B, 3000), back.ReadAsync(pair.A, 3000));
    }

    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task EachDirectionEndsByItself(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium);
        var (there, back) = (new Traffic(5, 300_000), new Traffic(6, 300_000));
        await Within(there.WriteAsync(pair.A));
        await Within(pair.A.CompleteWritesAsync().AsTask());
        Assert.False(pair.A.CanWrite);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pair.A.WriteAsync(new byte[1]));
        await Within(there.ReadAsync(pair.B));
        Assert.Equal(0, await pair.B.ReadAsync(new byte[1]));
        Assert.Equal(0, await pair.B.ReadAsync(new byte[1]));
        await Within(back.WriteAsync(pair.B), back.ReadAsync(pair.A));
        await Within(pair.B.CompleteWritesAsync().AsTask());
        Assert.Equal(0, await pair.A.ReadAsync(new byte[1]));
    }

    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task WhatWasWrittenBeforeClosingIsReadAndThenTheEnd(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium);
        var data = new Traffic(7, 400_000);
        var reading = data.ReadAsync(pair.B);
        await Within(data.WriteAsync(pair.A));
        await Within(pair.A.DisposeAsync().AsTask(), reading);
        Assert.Equal(0, await pair.B.ReadAsync(new byte[1]));
        var fault = await Assert.ThrowsAsync<RdmaStreamException>(async () => await pair.B.WriteAsync(new byte[1]));
        Assert.Contains("the peer has closed", fault.Message, StringComparison.Ordinal);
    }

    // Memory is bounded: as much is taken as both sides have buffers for, and the rest when the reader has come.
    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task AWriterWaitsForAReaderAndFlushingToo(StreamMedium medium)
    {
        const int Most = 1000 * (4 + 2);
        await using var pair = new StreamPair(medium, StreamPair.Small);
        var one = new byte[100];
        int taken = 0;
        Task writing;
        while (await EndsSoon(writing = pair.A.WriteAsync(one).AsTask()))
        {
            taken += one.Length;
            Assert.InRange(taken, 0, Most);
        }

        var reading = Drain(pair.B, new byte[64 * 1024]);
        await Within(writing);
        await Within(pair.A.FlushAsync());
        await Within(pair.A.CompleteWritesAsync().AsTask());
        Assert.Equal(taken + one.Length, await reading.WaitAsync(StreamPair.Patience));
    }

    // The last credit is kept: the direction in which nobody reads does not stop the other.
    [Theory]
    [MemberData(nameof(StreamPair.Media), MemberType = typeof(StreamPair))]
    public async Task ADirectionThatIsNotReadDoesNotStopTheOther(StreamMedium medium)
    {
        await using var pair = new StreamPair(medium, StreamPair.Small);
        var stuck = new Traffic(8, 50_000);
        var writing = stuck.WriteAsync(pair.A, 3000);
        var there = new Traffic(9, 100_000);
        await Within(there.WriteAsync(pair.B, 3000), there.ReadAsync(pair.A, 3000));
        Assert.False(writing.IsCompleted);
        await Within(writing, stuck.ReadAsync(pair.B, 3000));
    }

    private static async Task<bool> EndsSoon(Task task)
    {
        try
        {
            await task.WaitAsync(TimeSpan.FromMilliseconds(300));
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task<int> Drain(Stream from, byte[] buffer)
    {
        int all = 0;
        while (await from.ReadAsync(buffer) is var read and > 0)
            all += read;
        return all;
    }

    private static Task Within(params Task[] tasks) => Task.WhenAll(tasks).WaitAsync(StreamPair.Patience);
}
