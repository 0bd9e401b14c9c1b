using System.Net;
using System.Text.Json.Nodes;
using RdmaPipeline.Graph;
using RdmaPipeline.Hosting;
using RdmaPipeline.HostingTests.Service;
using RdmaPipeline.Testing.Captures;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Page.Edits;

/// <summary>Changes of a graph by way of the page: what they do, and whose are refused (docs/security.md).</summary>
[Collection(DeviceCollection.Name)]
public sealed class EditTests : IAsyncLifetime
{
    private static readonly string s_fabric = TestHost.Address("");

    private readonly RdmaDevice _device = RdmaPipelineDevice.Open(s_fabric + "a", new() { ShardCount = 2 });
    private readonly string _captures = Path.Combine(Path.GetTempPath(), $"page-taps-{Guid.NewGuid():n}");
    private RdmaPipelinePage _page = null!;
    private EditClient _client = null!;

    public async Task InitializeAsync()
    {
        _page = await RdmaPipelinePage.StartAsync(configure: options => options.OfferTap(_captures).AllowReconfiguration = true);
        _client = new EditClient(_page.Address);
        await _client.ReadTokenAsync();
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _page.DisposeAsync();
        _device.Dispose();
        if (Directory.Exists(_captures))
            Directory.Delete(_captures, recursive: true);
    }

    [Fact]
    public async Task ATapWritesWhatPassesIntoACaptureAndNothingOnceItIsOut()
    {
        using var peer = RdmaPipelineDevice.Open(s_fabric + "b");
        var link = new Link(peer, _device);
        await ApplyAsync(2, new() { ["action"] = "Insert", ["stage"] = "tap", ["from"] = "receive" });
        await link.WriteAsync();
        await ApplyAsync(3, new() { ["action"] = "Remove", ["stage"] = "tap" });
        long packets = CaptureReader.Read(await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(_captures)))).LongCount();
        Assert.InRange(packets, Link.Size / 4096, long.MaxValue);
        await link.WriteAsync();
        await ApplyAsync(4, new() { ["action"] = "Rollback", ["revision"] = 2 });
        await ApplyAsync(5, new() { ["action"] = "Remove", ["stage"] = "tap" });
        Assert.Equal(packets, CaptureReader.Read(await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(_captures)))).LongCount());
    }

    [Theory]
    [InlineData("encode", 0)]
    [InlineData("encode.1", 1)]
    public async Task AStageRunsOnTheShardOfTheOneItStandsBehind(string from, int shard)
    {
        await ApplyAsync(2, new() { ["action"] = "Insert", ["stage"] = "delay", ["from"] = from });
        Assert.Equal(shard, Graph.Stages.Single(stage => stage.Name == "delay").Shard);
    }

    [Fact]
    public async Task APageWithoutAPlaceForCapturesOffersNoTap()
    {
        await using var page = await RdmaPipelinePage.StartAsync(configure: options => options.AllowReconfiguration = true);
        using var client = new EditClient(page.Address);
        await client.ReadTokenAsync();
        var (status, answer) = await client.PostAsync(
            _device, new() { ["action"] = "Insert", ["stage"] = "tap", ["from"] = "encode" });
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Equal("stage is 'tap'; it must be one of sampler, delay, fault", answer["error"]!.GetValue<string>());
    }

    [Fact]
    public async Task StagesComeAndGoPresetsChangeAndRevisionsComeBack()
    {
        await ApplyAsync(2, new() { ["action"] = "Insert", ["stage"] = "tap", ["from"] = "encode" });
        await ApplyAsync(
            3, new() { ["action"] = "Insert", ["stage"] = "tap", ["from"] = "dispatch.1", ["port"] = "requests", ["seen"] = 2 });
        Assert.Equal(["encode→tap", "tap→send"], EdgesOf("tap"));
        Assert.Equal(["dispatch.1.requests→tap-2", "tap-2→responder.1"], EdgesOf("tap-2"));
        await ApplyAsync(4, new() { ["action"] = "Preset", ["preset"] = "Queued" });
        Assert.Equal("Queued", Graph.Preset);
        await ApplyAsync(5, new() { ["action"] = "Remove", ["stage"] = "tap" });
        Assert.Empty(EdgesOf("tap"));
        await ApplyAsync(6, new() { ["action"] = "Rollback", ["revision"] = 3 });
        Assert.Equal(("Staged", 2), (Graph.Preset, EdgesOf("tap").Count));
        var choices = await _client.ListAsync(_device);
        Assert.Equal(["Staged", "Queued", "Fused", "Polling"], Texts(choices["presets"]!));
        Assert.Equal(["tap-2", "tap"], Texts(choices["removable"]!).OrderDescending());
        Assert.Equal([6, 5, 4, 3, 2, 1], choices["revisions"]!.AsArray().Select(revision => revision!["number"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("""{"action":"Insert","stage":"tap","from":"nowhere"}""", "no edge from 'nowhere.out'.")]
    [InlineData("""{"action":"Insert","stage":"rm -rf","from":"encode"}""",
        "stage is 'rm -rf'; it must be one of sampler, delay, fault, tap")]
    [InlineData("""{"action":"Remove","stage":"encode.1"}""", "stage is 'encode.1'; the device cannot do without it")]
    [InlineData("""{"action":"Remove","stage":"tap"}""", "no stage 'tap'")]
    [InlineData("""{"action":"Preset"}""", "preset is missing; it must be one of Staged, Queued, Fused, Polling")]
    [InlineData("""{"action":"Preset","preset":"Fused"}""", "' was not changed: Edge ")]
    [InlineData("""{"action":"Preset","preset":"Queued","seen":7}""", "The graph has revision 1 by now, you saw 7")]
    [InlineData("""{"action":"Rollback","revision":9}""",
        "Revision 9 is not among the last 100 that are kept, or was never applied. Applied were: 1.")]
    public async Task WhatCannotBeIsAnsweredInWordsAndChangesNothing(string change, string words)
    {
        var (status, answer) = await _client.PostAsync(_device, JsonNode.Parse(change)!.AsObject());
        string error = answer["error"]!.GetValue<string>();
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.DoesNotContain("cannot be built", error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Equal((1L, "Staged", 16), (Graph.Revision, Graph.Preset, Graph.Stages.Length));
    }

    [Theory]
    [InlineData("", "at $")]
    [InlineData("null", "at its beginning")]
    [InlineData("[]", "at $")]
    [InlineData("""{"action":"Explode"}""", "at $.action")]
    [InlineData("""{"action":"Preset","preset":"Queued","factory":"x"}""", "at $.factory")]
    public async Task WhatIsNoChangeIsRefused(string body, string where)
    {
        var (status, answer) = await _client.PostAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains($"The change is not understood {where}", answer["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no origin", HttpStatusCode.Forbidden, "A change needs the header Origin")]
    [InlineData("foreign origin", HttpStatusCode.Forbidden, "The page http://evil.example asked for this")]
    [InlineData("other port", HttpStatusCode.Forbidden, "The page http://127.0.0.1:1 asked for this")]
    [InlineData("no token", HttpStatusCode.Forbidden, "The page is of an earlier run")]
    [InlineData("wrong token", HttpStatusCode.Forbidden, "The page is of an earlier run")]
    [InlineData("form", HttpStatusCode.UnsupportedMediaType, "A change is JSON")]
    [InlineData("too long", HttpStatusCode.RequestEntityTooLarge, "Content-Length is")]
    public async Task AChangeThatThePageDidNotSendIsRefused(string wrong, HttpStatusCode expected, string why)
    {
        _client.Origin = wrong switch
        {
            "no origin" => null, "foreign origin" => "http://evil.example", "other port" => "http://127.0.0.1:1", _ => _client.Origin,
        };
        _client.Token = wrong switch { "no token" => null, "wrong token" => new string('0', 64), _ => _client.Token };
        _client.ContentType = wrong == "form" ? "text/plain" : _client.ContentType;
        string change = $$"""{"device":"{{_device.Name}}","action":"Preset","preset":"Queued"}""";
        var (status, answer) = await _client.PostAsync(wrong == "too long" ? change.PadRight(20_000) : change);
        Assert.Equal(expected, status);
        Assert.StartsWith(why, (answer as JsonObject)?["error"]?.GetValue<string>() ?? answer.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(1, Graph.Revision);
    }

    [Fact]
    public async Task APageThatWasNotAllowedToChangesNothingAndHasNoToken()
    {
        await using var page = await RdmaPipelinePage.StartAsync();
        using var client = new EditClient(page.Address);
        string token = _client.Token!;
        Assert.Equal("", await client.ReadTokenAsync());
        client.Token = token;
        var (status, answer) = await client.PostAsync(_device, new() { ["action"] = "Preset", ["preset"] = "Queued" });
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal("This page may look and not change anything. Set AllowReconfiguration.", answer["error"]!.GetValue<string>());
        Assert.Equal(1, Graph.Revision);
    }

    private StageGraphDescriptor Graph => _device.GetPipeline().Describe();

    private List<string> EdgesOf(string stage) =>
    [
        .. Graph.Edges.Where(edge => edge.From == stage || edge.To == stage).OrderBy(edge => edge.From == stage)
            .Select(edge => edge.Port == "out" ? $"{edge.From}→{edge.To}" : $"{edge.From}.{edge.Port}→{edge.To}"),
    ];

    private static IEnumerable<string> Texts(JsonNode list) => list.AsArray().Select(text => text!.GetValue<string>());

    private async Task ApplyAsync(long revision, JsonObject change)
    {
        var (status, answer) = await _client.PostAsync(_device, change);
        Assert.True(status == HttpStatusCode.OK, answer.ToJsonString());
        Assert.Equal((revision, "Applied"), (answer["number"]!.GetValue<long>(), answer["outcome"]!.GetValue<string>()));
        Assert.Equal(revision, Graph.Revision);
    }
}
