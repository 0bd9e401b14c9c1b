using System.Net;
using System.Net.Sockets;
using System.Text;
using RdmaPipeline.Hosting;
using RdmaPipeline.Hosting.Page;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.HostingTests.Service;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Page;

/// <summary>Viewers that are slow, dead or too many cost the pipelines and the other viewers nothing.</summary>
[Collection(DeviceCollection.Name)]
public sealed class PageViewerTests
{
    private const int Looks = 20;
    private const string Admitted = "HTTP/1.1 200";

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task HoweverManyWatchThePipelinesAreLookedAtOncePerPeriodAndNotAtAllWhenNobodyDoes()
    {
        var (observers, looks) = (0, 0);
        var feed = new SnapshotFeed(
            () =>
            {
                observers++;
                return new PipelineObserver(devices: () =>
                {
                    looks++;
                    return [];
                });
            },
            TimeSpan.FromMilliseconds(10), 2);
        using (var one = feed.Join()!)
        using (var two = feed.Join()!)
        {
            Assert.Null(feed.Join());
            var taken = await Task.WhenAll(TakeAsync(one), TakeAsync(two));
            Assert.InRange(taken[0].Union(taken[1]).Count(), Looks, looks);
            Assert.NotEmpty(taken[0].Intersect(taken[1]));
        }

        Assert.Equal((0, 1), (feed.ViewerCount, observers));
        Assert.True(SpinWait.SpinUntil(() => !feed.IsLooking, TimeSpan.FromSeconds(10)));
        using var later = feed.Join()!;
        Assert.Contains("\"intervalSeconds\":0,", Encoding.UTF8.GetString(await later.Looks.ReadAsync()), StringComparison.Ordinal);
        Assert.Equal(2, observers);
    }

    [Fact]
    public async Task WhoIsSlowSeesTheNewestLookAndNoOlderOne()
    {
        var feed = new SnapshotFeed(() => new PipelineObserver(devices: () => []), TimeSpan.FromMilliseconds(1), 2);
        using var slow = feed.Join()!;
        using var quick = feed.Join()!;
        byte[] newest = [];
        for (int i = 0; i < 20; i++)
            newest = await quick.Looks.ReadAsync();
        Assert.Equal(1, slow.Looks.Count);
        Assert.False(string.CompareOrdinal(Time(await slow.Looks.ReadAsync()), Time(newest)) < 0);
    }

    [Fact]
    public async Task ABrowserThatReadsNothingIsCutOffAndTheOthersGoOn()
    {
        using var device = RdmaPipelineDevice.Open(TestHost.Address("a"));
        var queue = device.CreateCompletionQueue(16);
        var domain = device.CreateProtectionDomain();
        for (int i = 0; i < DeviceSnapshot.MaxQueuePairs; i++)
            domain.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        await using var page = await RdmaPipelinePage.StartAsync(configure: options =>
        {
            (options.Period, options.MaxViewers, options.Patience) = (s_period, 2, TimeSpan.FromSeconds(4));
        });
        await using var reader = new EventReader(page.Address);
        await UntilAsync(() => Task.FromResult(reader.Seen.Count > 0));
        using var dead = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await dead.ConnectAsync(IPAddress.Loopback, page.Address.Port);
        await dead.SendAsync(Encoding.ASCII.GetBytes($"GET /events HTTP/1.1\r\nHost: {page.Address.Authority}\r\n\r\n"));
        // It has its place; from now on it reads nothing.
        byte[] status = new byte[Admitted.Length];
        await dead.ReceiveAsync(status);
        Assert.Equal(Admitted, Encoding.ASCII.GetString(status));
        using var client = new HttpClient { BaseAddress = page.Address };
        await UntilAsync(async () => (await client.GetAsync("snapshot")).StatusCode == HttpStatusCode.ServiceUnavailable);
        int before = reader.Seen.Count;
        await UntilAsync(async () => (await client.GetAsync("snapshot")).StatusCode == HttpStatusCode.OK);
        Assert.True(reader.Seen.Count > before, "nobody else saw a look meanwhile");
    }

    [Fact]
    public async Task TheServerEndsTheStreamOfWhoeverWatchesAndCutsNobodyOff()
    {
        var page = await RdmaPipelinePage.StartAsync(configure: options => options.Period = s_period);
        await using var reader = new EventReader(page.Address);
        await UntilAsync(() => Task.FromResult(reader.Seen.Count > 0));
        await page.DisposeAsync();
        await reader.Ended;
    }

    private static async Task<List<byte[]>> TakeAsync(SnapshotViewer viewer)
    {
        var taken = new List<byte[]>();
        while (taken.Count < Looks)
            taken.Add(await viewer.Looks.ReadAsync());
        return taken;
    }

    private static string Time(byte[] look)
    {
        string text = Encoding.UTF8.GetString(look);
        int start = text.IndexOf("\"time\":\"", StringComparison.Ordinal);
        return text[start..text.IndexOf(',', start)];
    }

    private static async Task UntilAsync(Func<Task<bool>> done)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await done())
            await timer.WaitForNextTickAsync(patience.Token);
    }
}
