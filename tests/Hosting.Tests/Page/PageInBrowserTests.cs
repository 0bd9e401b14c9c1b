using System.Globalization;
using System.Text.Json.Nodes;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Hosting;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.HostingTests.Page.Browser;
using RdmaPipeline.HostingTests.Service;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;
using Xunit.Abstractions;

namespace RdmaPipeline.HostingTests.Page;

/// <summary>The page in a real browser, over two devices with traffic in both directions.</summary>
[Collection(DeviceCollection.Name)]
public sealed class PageInBrowserTests(PageBrowser browser, ITestOutputHelper output) : IClassFixture<PageBrowser>, IAsyncLifetime
{
    private readonly string _fabric = TestHost.Address("");
    private RdmaDevice _left = null!;
    private RdmaDevice _right = null!;
    private TwoWayTraffic _traffic = null!;
    private RdmaPipelinePage _server = null!;

    public async Task InitializeAsync()
    {
        _left = RdmaPipelineDevice.Open(_fabric + "alice?icrc=on");
        _right = RdmaPipelineDevice.Open(_fabric + "bob?icrc=on", new() { ShardCount = 2 });
        _traffic = new TwoWayTraffic(_left, _right);
        _server = await RdmaPipelinePage.StartAsync(configure: options =>
            (options.Period, options.AllowReconfiguration) = (TimeSpan.FromMilliseconds(200), true));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _traffic.DisposeAsync();
        _left.Dispose();
        _right.Dispose();
        Assert.Equal((0, 0), (_left.GetPipeline().OutstandingBursts, _right.GetPipeline().OutstandingBursts));
    }

    [SkippableFact]
    public async Task RatesMoveAndAreThoseOfTheStream()
    {
        await using var page = await OpenAsync(1440);
        await using var reader = new EventReader(_server.Address);
        var seen = new HashSet<string>();
        for (int look = 0; look < 4; look++)
        {
            await page.UntilAsync($"live.measured && document.body.dataset.time !== '{seen.LastOrDefault()}'");
            var shown = await page.EvaluateAsync(Shown);
            string time = shown!["time"]!.GetValue<string>();
            var snapshot = await FindAsync(reader, time);
            Compare(snapshot.Devices.Single(device => device.Name == shown["name"]!.GetValue<string>()).Graph, shown);
            seen.Add(time);
        }

        Assert.Equal(4, seen.Count);
        CheckQuiet(page);
    }

    [SkippableFact]
    public async Task DropsShowWhileTheyHappenAndStayCounted()
    {
        await using var page = await OpenAsync(1440);
        await ChooseAsync(page, _right);
        await page.UntilAsync("live.measured");
        Assert.Equal("None since the device was opened.", await page.TextAsync("#drops .calm"));
        var dropping = page.UntilAsync(
            "document.querySelector('#drops [data-reason=bad_qkey].now') !== null && document.querySelector('.badge.now') !== null");
        await _traffic.SendBadDatagramsAsync();
        await dropping;
        await page.UntilAsync("document.querySelector('#incidents [data-kind=PacketsDropped]') !== null");
        await page.UntilAsync("document.querySelector('#drops [data-reason=bad_qkey].now') === null");
        Assert.Equal("64", await page.TextAsync("#drops [data-reason=bad_qkey] .total"));
        Assert.Equal("64 packets dropped: bad_qkey", await page.TextAsync("#incidents [data-kind=PacketsDropped] span"));
        CheckQuiet(page);
    }

    [SkippableFact]
    public async Task PauseTabsTablesAndSearchWork()
    {
        await using var page = await OpenAsync(1440);
        await ChooseAsync(page, _right);
        Assert.True(await page.IsAsync("picture.nodes.has('dispatch.1')"));
        await ChooseAsync(page, _left);
        await page.ClickAsync("[data-flow=stages]");
        await page.UntilAsync("!document.getElementById('stages').hidden && document.getElementById('edges').hidden");
        string number = $"0x{_left.GetPipeline().QueuePairs[^1].Number:x6}";
        await page.ClickAsync("#pairs-search");
        await page.TypeAsync(number);
        await page.UntilAsync("document.querySelectorAll('#pairs tbody tr').length === 1");
        Assert.Equal(number, await page.TextAsync("#pairs tbody th"));
        await page.ClickAsync("#pause");
        await page.UntilAsync("document.getElementById('status-text').textContent === 'paused'");
        string time = (await page.EvaluateAsync("document.body.dataset.time"))!.GetValue<string>();
        await using (var reader = new EventReader(_server.Address))
            await FindAsync(reader, seen => seen.Count >= 3);
        Assert.Equal(time, (await page.EvaluateAsync("document.body.dataset.time"))!.GetValue<string>());
        await page.ClickAsync("#pause");
        await page.UntilAsync($"document.body.dataset.time !== '{time}'");
        CheckQuiet(page);
    }

    [SkippableFact]
    public async Task ButtonsChangeTheRunningGraphAndSayWhatCameOfIt()
    {
        await using var page = await OpenAsync(1440);
        await ChooseAsync(page, _right);
        await page.UntilAsync("document.getElementById('edit-edge').options.length > 0");
        await page.EvaluateAsync("document.getElementById('edit-edge').value = JSON.stringify(['encode.1', 'out'])");
        await page.ClickAsync("[data-action=insert] button");
        await page.UntilAsync("picture.nodes.has('sampler') && document.getElementById('edit-result').dataset.state === 'good'");
        Assert.StartsWith("✓ Revision 2: ", await page.TextAsync("#edit-result"), StringComparison.Ordinal);
        await page.UntilAsync("live.snapshot.devices.flatMap(d => d.graph.stages).find(s => s.name === 'sampler').itemsPerSecond > 0");
        await page.UntilAsync("document.getElementById('edit-stage').value === 'sampler'");
        await page.ClickAsync("[data-action=remove] button");
        await page.UntilAsync("!picture.nodes.has('sampler')");
        await page.UntilAsync("document.querySelector('[data-rollback=\"2\"]') !== null");
        await page.ClickAsync("[data-rollback=\"2\"]");
        await page.UntilAsync("picture.nodes.has('sampler')");
        Assert.Equal(4, _right.GetPipeline().Describe().Revision);
        CheckQuiet(page);
    }

    [SkippableFact]
    public async Task ALateListOfRevisionsDoesNotPutBackWhichOneRuns()
    {
        await using var page = await OpenAsync(1440);
        await ChooseAsync(page, _right);
        await page.UntilAsync("document.querySelector('#revisions .present') !== null");
        await page.EvaluateAsync(HoldFirstList);
        await page.ClickAsync("[data-action=insert] button");
        await page.UntilAsync("window.cameLate === true");
        for (int look = 0; look < 2; look++)
        {
            var time = await page.EvaluateAsync("document.body.dataset.time");
            await page.UntilAsync($"document.body.dataset.time !== '{time}'");
        }

        Assert.True(await page.IsAsync(RunsSecond));
        CheckQuiet(page);
    }

    [SkippableFact]
    public async Task AFaultThatIsPutInShowsAsDropsOfItsStageAndOfTheEdgeIntoIt()
    {
        await using var page = await OpenAsync(1440);
        await ChooseAsync(page, _left);
        await page.UntilAsync("document.getElementById('edit-edge').options.length > 0");
        await page.EvaluateAsync("document.getElementById('edit-edge').value = JSON.stringify(['encode', 'out'])");
        await page.EvaluateAsync("document.getElementById('edit-offer').value = 'fault'");
        await page.ClickAsync("[data-action=insert] button");
        await page.UntilAsync("document.querySelector('#drops [data-reason=injected_fault].now') !== null");
        await page.UntilAsync("picture.nodes.get('fault').badgeText.textContent.includes('dropped')");
        await page.UntilAsync(
            "[...document.querySelectorAll('#edges tbody tr')].filter(row => row.textContent.includes('injected_fault'))"
            + ".map(row => row.cells[0].textContent).join() === 'encode → fault'");
        CheckQuiet(page);
    }

    [SkippableFact]
    public async Task AChangeThatCannotBeIsExplainedOnThePage()
    {
        await using var page = await OpenAsync(1440);
        await ChooseAsync(page, _right);
        await page.UntilAsync("document.getElementById('edit-preset').options.length > 0");
        await page.ClickAsync("#pause");
        await _right.GetPipeline().ReconfigureAsync(spec => spec.WithPreset(PipelinePreset.Queued));
        await page.ClickAsync("[data-action=preset] button");
        await page.UntilAsync("document.getElementById('edit-result').dataset.state === 'bad'");
        Assert.Equal("✕ The graph has revision 2 by now, you saw 1. Look again, then decide.", await page.TextAsync("#edit-result"));
    }

    [SkippableTheory]
    [InlineData(1440, false)]
    [InlineData(1440, true)]
    [InlineData(390, false)]
    [InlineData(390, true)]
    public async Task NothingIsCutOffOrOverlaps(int width, bool dark)
    {
        await _right.GetPipeline().ReconfigureAsync(spec => spec
            .Insert("firewall", () => new PassStage(), "dispatch", "requests")
            .Insert("a_stage_with_a_long_name", () => new PassStage(), "encode.1"));
        await using var page = await OpenAsync(width, dark);
        await _traffic.SendBadDatagramsAsync();
        await ChooseAsync(page, _right);
        await page.UntilAsync("history.of(`${live.device}/sent`).length > 8");
        Assert.True(await page.IsAsync("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the window");
        Assert.Equal("[]", (await page.EvaluateAsync(Overlaps))!.ToJsonString());
        output.WriteLine(await page.KeepPictureAsync($"page-{width}-{(dark ? "dark" : "light")}"));
        CheckQuiet(page);
    }

    private const string RunsSecond =
        "document.querySelector('#revisions .present').closest('li').querySelector('.number').textContent === '2'";

    // The first list that is asked for comes when another has been shown.
    private const string HoldFirstList =
        "(() => { const ask = window.fetch; let first = true; window.fetch = async (...asked) => { const answer = await ask(...asked); "
        + "if (asked[1] === undefined && first) { first = false; await new Promise(done => { const look = () => "
        + $"{RunsSecond} ? done() : requestAnimationFrame(look); look(); }}); window.cameLate = true; }} return answer; }}; }})()";

    private const string Shown =
        "({ time: document.body.dataset.time, name: live.device, edges: Object.fromEntries("
        + "[...document.querySelectorAll('#edges tbody tr')].map(row => [row.cells[0].textContent, row.cells[1].textContent])), "
        + "nodes: Object.fromEntries([...picture.nodes].map(([name, parts]) => [name, parts.rate.textContent])) })";

    // Texts of the picture that lie on each other.
    private const string Overlaps =
        "(() => { const all = [...document.querySelectorAll('#picture text')].filter(t => t.textContent && t.getClientRects().length > 0)"
        + ".map(t => ({ t: t.textContent, r: t.getBoundingClientRect() })); const found = []; "
        + "for (let i = 0; i < all.length; i++) for (let j = i + 1; j < all.length; j++) { const [a, b] = [all[i].r, all[j].r]; "
        + "if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3) "
        + "found.push(`${all[i].t} / ${all[j].t}`); } return found; })()";

    /// <summary>Passes on what comes.</summary>
    private sealed class PassStage : PacketStage
    {
        protected override void Process(ref PacketBurst burst)
        {
        }
    }

    private async Task<BrowserPage> OpenAsync(int width, bool dark = false)
    {
        Skip.If(Chromium.Missing is not null, Chromium.Missing);
        var page = await browser.OpenAsync();
        await page.GoAsync(_server.Address, width, 900, dark);
        await page.UntilAsync("document.readyState === 'complete' && document.body.dataset.time !== undefined");
        return page;
    }

    private static async Task ChooseAsync(BrowserPage page, RdmaDevice device)
    {
        await page.ClickAsync($"#tabs [data-device='{device.Name}']");
        await page.UntilAsync($"live.device === '{device.Name}'");
    }

    private static async Task<PipelineSnapshot> FindAsync(EventReader reader, string time) =>
        (await FindAsync(reader, seen => seen.Any(s => s.Time == Parse(time)))).Single(s => s.Time == Parse(time));

    private static async Task<IReadOnlyList<PipelineSnapshot>> FindAsync(
        EventReader reader, Func<IReadOnlyList<PipelineSnapshot>, bool> found)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!found(reader.Seen))
            await timer.WaitForNextTickAsync(patience.Token);
        return reader.Seen;
    }

    private static DateTimeOffset Parse(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

    private static void Compare(GraphSnapshot graph, JsonNode shown)
    {
        foreach (var edge in graph.Edges)
        {
            string name = edge.Name.Replace("→", " → ", StringComparison.Ordinal);
            Assert.Equal(Short(edge.ItemsPerSecond), shown["edges"]![name]!.GetValue<string>());
        }

        foreach (var stage in graph.Stages)
            Assert.Equal($"{Short(stage.ItemsPerSecond)}/s", shown["nodes"]![stage.Name]!.GetValue<string>());
        Assert.Equal(graph.Edges.Count, shown["edges"]!.AsObject().Count);
        Assert.True(graph.Edges.Sum(edge => edge.ItemsPerSecond) > 0, "there is no traffic");
    }

    // As the page writes numbers: two digits, or as many as there are before the point.
    private static string Short(double value)
    {
        string[] units = ["", "k", "M"];
        int unit = 0;
        for (; value >= 999.5 && unit < units.Length - 1; unit++)
            value /= 1000;
        bool whole = value >= 9.95 || (unit == 0 && Math.Floor(value) == value);
        double rounded = Math.Round(value, whole ? 0 : 1, MidpointRounding.AwayFromZero);
        return rounded.ToString(whole ? "0" : "0.0", CultureInfo.InvariantCulture) + units[unit];
    }

    private void CheckQuiet(BrowserPage page)
    {
        Assert.Empty(page.Complaints);
        Assert.NotEmpty(page.Requests);
        string own = _server.Address.ToString();
        Assert.All(page.Requests.Where(request => !request.StartsWith("data:", StringComparison.Ordinal)), request => Assert.StartsWith(
            own, request, StringComparison.Ordinal));
    }
}
