using System.IO.Pipelines;
using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Streams;

/// <summary>Streams over bad links in virtual time: seeds draw buffers, faults and what the programs do.</summary>
public sealed class StreamSimulationTests
{
    private const int Seeds = 60;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EverySeedDeliversAllInOrderAndNobodyWaitsForEver(bool byPipes)
    {
        for (ulong seed = 1; seed <= Seeds; seed++)
            Run(seed, byPipes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ASeedRepeatsBitForBit(bool byPipes) => Assert.Equal(Run(7, byPipes), Run(7, byPipes));

    private static ulong Run(ulong seed, bool byPipes)
    {
        var random = new Random((int)seed);
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = seed });
        var (left, right) = (fabric.AddHost("left"), fabric.AddHost("right"));
        fabric.Connect(left, right, new LinkOptions
        {
            Loss = random.NextDouble() * 0.03, Duplication = random.NextDouble() * 0.03, Reordering = random.NextDouble() * 0.03,
            Corruption = random.NextDouble() * 0.03, Jitter = TimeSpan.FromMicroseconds(random.Next(20)),
        });
        using var a = RdmaStream.Prepare(left.Device, Draw(random, fabric));
        using var b = RdmaStream.Prepare(right.Device, Draw(random, fabric));
        RdmaStream? near = null, far = null;
        fabric.RunPrograms(() =>
        {
            (near, far) = (a.Connect(b.Offer), b.Connect(a.Offer));
            return Task.CompletedTask;
        });
        var (there, back) = (new Traffic(seed, random.Next(1, 60_000)), new Traffic(seed + 1000, random.Next(1, 60_000)));
        // Some read only when they have written all, while the other end does both at once.
        var written = random.Next(2) == 0 ? new TaskCompletionSource() : null;
        var (nearIn, nearOut, farIn, farOut) = Ends(near!, far!, byPipes);
        fabric.RunPrograms(
            () => WriteAsync(there, nearOut, written),
            () => there.ReadAsync(farIn, 5000),
            () => WriteAsync(back, farOut),
            async () =>
            {
                if (written is not null)
                    await written.Task;
                await back.ReadAsync(nearIn, 5000);
                Assert.Equal(0, await nearIn.ReadAsync(new byte[1]));
            });
        fabric.RunPrograms(async () => await near!.DisposeAsync(), async () => await far!.DisposeAsync());
        foreach (var host in fabric.Hosts)
        {
            Assert.Equal((0, 0), (host.Pipeline.HardwareCounters["send_rnr_err"], host.Pipeline.HardwareCounters["rcvd_rnr_err"]));
            Assert.Equal(0, host.Device.QueuePairCount);
        }

        return fabric.Log.Hash;
    }

    private static (Stream NearIn, Stream NearOut, Stream FarIn, Stream FarOut) Ends(RdmaStream near, RdmaStream far, bool byPipes)
    {
        if (!byPipes)
            return (near, near, far, far);
        var (left, right) = (new RdmaDuplexPipe(near), new RdmaDuplexPipe(far));
        return (left.Input.AsStream(), left.Output.AsStream(), right.Input.AsStream(), right.Output.AsStream());
    }

    private static async Task WriteAsync(Traffic traffic, Stream to, TaskCompletionSource? written = null)
    {
        await traffic.WriteAsync(to, 5000);
        written?.SetResult();
        if (to is RdmaStream stream)
            await stream.CompleteWritesAsync();
        else
            await to.DisposeAsync();
    }

    private static RdmaStreamOptions Draw(Random random, RdmaTestFabric fabric) => new()
    {
        BufferBytes = random.Next(64, 9000),
        ReceiveBuffers = random.Next(4, 12),
        SendBuffers = random.Next(2, 9),
        Connect = new ConnectOptions { Timeout = 14, RetryCount = 7 },
        CloseTimeout = TimeSpan.FromMinutes(1),
        Scheduler = PipeScheduler.Inline,
        TimeProvider = fabric.Time,
    };
}
