using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Streams;

/// <summary>A connection that ends before its time is an IOException with the status; what had arrived is read before.</summary>
[Collection(DeviceCollection.Name)]
public sealed class StreamFailureTests
{
    // 8 × 4 ms without an answer.
    private static readonly RdmaStreamOptions s_impatient = new()
    {
        Connect = new ConnectOptions { Timeout = 10, RetryCount = 2 }, CloseTimeout = TimeSpan.FromMilliseconds(200),
    };

    [Fact]
    public async Task APeerThatIsGoneFailsWhoWritesAndWhoReads()
    {
        await using var pair = new StreamPair(StreamMedium.Udp, s_impatient) { IsBroken = true };
        await pair.B.WriteAsync("last words"u8.ToArray());
        await pair.B.FlushAsync();
        var buffer = new byte[100];
        Assert.Equal(4, await pair.A.ReadAsync(buffer.AsMemory(0, 4)));
        pair.DeviceB.Dispose();
        await pair.A.WriteAsync(new byte[10]);
        var waiting = pair.A.CompleteWritesAsync().AsTask();
        var fault = await Assert.ThrowsAsync<RdmaStreamException>(() => waiting.WaitAsync(StreamPair.Patience));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, fault.Status);
        Assert.IsAssignableFrom<IOException>(fault);
        Assert.Equal(6, await pair.A.ReadAsync(buffer));
        fault = await Assert.ThrowsAsync<RdmaStreamException>(() => pair.A.ReadAsync(buffer).AsTask());
        Assert.Equal(WorkCompletionStatus.RetryExceededError, fault.Status);
        // The other end's own device was closed under it.
        await Assert.ThrowsAsync<RdmaStreamException>(() => pair.B.ReadAsync(buffer).AsTask());
        Assert.Throws<RdmaStreamException>(() => pair.B.Write(buffer));
    }

    [Fact]
    public async Task WhoWaitsIsEndedByAFailure()
    {
        await using var pair = new StreamPair(StreamMedium.Memory, s_impatient) { IsBroken = true };
        var reading = pair.A.ReadAsync(new byte[10]).AsTask();
        var writing = pair.A.WriteAsync(new byte[10_000_000]).AsTask();
        Assert.False(writing.IsCompleted);
        pair.DeviceA.Dispose();
        await Assert.ThrowsAsync<RdmaStreamException>(() => reading.WaitAsync(StreamPair.Patience));
        await Assert.ThrowsAsync<RdmaStreamException>(() => writing.WaitAsync(StreamPair.Patience));
    }

    [Fact]
    public async Task APeerThatDoesNotKeepToTheRulesIsGivenUp()
    {
        var (a, b) = StreamPair.Open(StreamMedium.Memory);
        using (a)
        using (b)
        {
            var domain = b.CreateProtectionDomain();
            var queue = b.CreateCompletionQueue(64);
            using var region = domain.AllocateMemory(100);
            var liar = domain.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
            liar.Initialize();
            using var pending = RdmaStream.Prepare(a, s_impatient);
            await using var stream = pending.Connect(new RdmaStreamOffer(liar.LocalEndpoint, 4, 64));
            liar.ConnectTo(pending.Offer.Endpoint);
            liar.PostSend(new SendWorkRequest { Opcode = SendOpcode.SendWithImmediate, Entry = region.Entry(), Immediate = 5 });
            var fault = await Assert.ThrowsAsync<RdmaStreamException>(
                () => stream.ReadAsync(new byte[10]).AsTask().WaitAsync(StreamPair.Patience));
            Assert.Contains("does not speak the protocol", fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(nameof(RdmaStreamOptions.BufferBytes), 63)]
    [InlineData(nameof(RdmaStreamOptions.ReceiveBuffers), 3)]
    [InlineData(nameof(RdmaStreamOptions.SendBuffers), 1)]
    public void AnOptionOutOfItsRangeIsRefused(string option, int value)
    {
        var (a, b) = StreamPair.Open(StreamMedium.Memory);
        using (a)
        using (b)
        {
            var options = option switch
            {
                nameof(RdmaStreamOptions.BufferBytes) => new RdmaStreamOptions { BufferBytes = value },
                nameof(RdmaStreamOptions.ReceiveBuffers) => new RdmaStreamOptions { ReceiveBuffers = value },
                _ => new RdmaStreamOptions { SendBuffers = value },
            };
            var fault = Assert.Throws<ArgumentException>(() => RdmaStream.Prepare(a, options));
            Assert.StartsWith($"{option} is {value}; it must lie in {value + 1} to", fault.Message, StringComparison.Ordinal);
            Assert.Equal(0, a.QueuePairCount);
        }
    }
}
