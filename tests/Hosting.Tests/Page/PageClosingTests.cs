using System.Net;
using System.Text.Json;
using RdmaPipeline.Hosting;
using RdmaPipeline.Hosting.Page;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Page;

/// <summary>Who asks for a look while the page closes gets an answer.</summary>
[Collection(DeviceCollection.Name)]
public sealed class PageClosingTests
{
    // Of two the second is one too many, so the first is in the middle of it: looks are so seldom that no second one comes.
    [Fact]
    public async Task WhoWaitsForRatesGetsTheLookThereIs()
    {
        var page = await StartAsync(() => { });
        using var client = new HttpClient { BaseAddress = page.Address };
        await using var watching = await client.GetStreamAsync("events");
        await watching.ReadExactlyAsync(new byte[1]);
        var asked = new List<Task<HttpResponseMessage>> { client.GetAsync("snapshot"), client.GetAsync("snapshot") };
        var refused = await Task.WhenAny(asked);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await refused).StatusCode);
        asked.Remove(refused);
        await page.DisposeAsync();
        var answer = await asked.Single();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var snapshot = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), SnapshotJson.Default.PipelineSnapshot)!;
        Assert.Equal((Environment.ProcessId, 0), (snapshot.ProcessId, snapshot.IntervalSeconds));
    }

    [Fact]
    public async Task WhereThereIsNoLookYetTheAnswerSaysWhy()
    {
        using var seen = new ManualResetEventSlim();
        var looking = new TaskCompletionSource();
        var page = await StartAsync(() =>
        {
            looking.TrySetResult();
            seen.Wait();
        });
        using var client = new HttpClient { BaseAddress = page.Address };
        var asked = client.GetAsync("snapshot");
        await looking.Task;
        await page.DisposeAsync();
        var answer = await asked;
        seen.Set();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("The page is closing.", await answer.Content.ReadAsStringAsync());
    }

    private static Task<RdmaPipelinePage> StartAsync(Action look) => RdmaPipelinePage.StartAsync(
        0, options => (options.Period, options.MaxViewers) = (TimeSpan.FromMinutes(1), 2), new PageSource(() => Look(look), null, null),
        null, CancellationToken.None);

    private static IReadOnlyList<RdmaDevice> Look(Action look)
    {
        look();
        return [];
    }
}
