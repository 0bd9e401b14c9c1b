using System.IO.Pipelines;
using RdmaPipeline.Hosting.Streams;

namespace RdmaPipeline.HostingTests.Streams;

/// <summary>
/// A stream that runs allocates nothing, on whatever thread: the whole process is counted. The rounds are short and most of them count,
/// for now and then a device looks at its link, the runtime after its threads and the test's host after the test.
/// </summary>
[Collection(DeviceCollection.Name)]
public sealed class StreamAllocationTests
{
    private const int WarmUp = 100;
    private const int Rounds = 201;

    /// <summary>Messages that fit into one buffer, and some that fit into no number of them, so that the writer waits too.</summary>
    public static TheoryData<StreamMedium, int, int> Cases => new()
    {
        { StreamMedium.Memory, 100, 20 },
        { StreamMedium.Memory, 2_000_000, 1 },
        { StreamMedium.Udp, 100, 20 },
        { StreamMedium.Udp, 2_000_000, 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task AStreamAllocatesNothing(StreamMedium medium, int size, int messages)
    {
        await using var pair = new StreamPair(medium);
        var echo = Task.Run(() => EchoAsync(pair.B, new byte[size], (WarmUp + Rounds) * messages));
        var allocated = await Task.Run(() => AskAsync(pair.A, new byte[size], messages)).WaitAsync(StreamPair.Patience);
        await echo.WaitAsync(StreamPair.Patience);
        Judge(allocated);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task PipesAllocateNothing(StreamMedium medium, int size, int messages)
    {
        await using var pair = new StreamPair(medium);
        var (near, far) = (new RdmaDuplexPipe(pair.A), new RdmaDuplexPipe(pair.B));
        var echo = Task.Run(() => EchoAsync(far, size, (WarmUp + Rounds) * messages));
        var allocated = await Task.Run(() => AskAsync(near, size, messages)).WaitAsync(StreamPair.Patience);
        await echo.WaitAsync(StreamPair.Patience);
        Judge(allocated);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task AThreadThatBlocksAllocatesNothing(StreamMedium medium, int size, int messages)
    {
        await using var pair = new StreamPair(medium);
        var echo = Task.Run(() => EchoAsync(pair.B, new byte[size], (WarmUp + Rounds) * messages));
        var asking = Task.Factory.StartNew(
            () => Ask(pair.A, new byte[size], messages), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var allocated = await asking.WaitAsync(StreamPair.Patience);
        await echo.WaitAsync(StreamPair.Patience);
        Judge(allocated);
    }

    private static void Judge(long[] allocated)
    {
        Array.Sort(allocated);
        Assert.True(allocated[Rounds / 2] == 0, $"bytes allocated in each round: {string.Join(", ", allocated)}");
    }

    private static async Task<long[]> AskAsync(RdmaStream stream, byte[] message, int messages)
    {
        var allocated = new long[WarmUp + Rounds];
        for (int round = 0; round < allocated.Length; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < messages; i++)
            {
                await stream.WriteAsync(message);
                for (int have = 0; have < message.Length;)
                    have += await stream.ReadAsync(message.AsMemory(have));
            }

            allocated[round] = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        return allocated[WarmUp..];
    }

    private static async Task EchoAsync(RdmaStream stream, byte[] message, int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            for (int have = 0; have < message.Length;)
                have += await stream.ReadAsync(message.AsMemory(have));
            await stream.WriteAsync(message);
        }
    }

    private static long[] Ask(RdmaStream stream, byte[] message, int messages)
    {
        var allocated = new long[WarmUp + Rounds];
        for (int round = 0; round < allocated.Length; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < messages; i++)
            {
                stream.Write(message);
                stream.ReadExactly(message);
            }

            allocated[round] = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        return allocated[WarmUp..];
    }

    private static async Task<long[]> AskAsync(IDuplexPipe pipe, int size, int messages)
    {
        var allocated = new long[WarmUp + Rounds];
        for (int round = 0; round < allocated.Length; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < messages; i++)
            {
                for (int left = size; left > 0;)
                {
                    left -= Fill(pipe.Output, left);
                    await pipe.Output.FlushAsync();
                }

                for (int left = size; left > 0;)
                    left -= Drain(pipe.Input, await pipe.Input.ReadAsync());
            }

            allocated[round] = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        return allocated[WarmUp..];
    }

    private static async Task EchoAsync(IDuplexPipe pipe, int size, int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            for (int left = size; left > 0;)
                left -= Drain(pipe.Input, await pipe.Input.ReadAsync());
            for (int left = size; left > 0;)
            {
                left -= Fill(pipe.Output, left);
                await pipe.Output.FlushAsync();
            }
        }
    }

    private static int Fill(PipeWriter writer, int most)
    {
        int room = Math.Min(most, writer.GetMemory().Length);
        writer.Advance(room);
        return room;
    }

    private static int Drain(PipeReader reader, ReadResult read)
    {
        int length = (int)read.Buffer.Length;
        reader.AdvanceTo(read.Buffer.End);
        return length;
    }
}
