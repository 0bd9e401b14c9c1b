using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RdmaPipeline.Hosting;
using RdmaPipeline.Hosting.Page;
using RdmaPipeline.Hosting.Snapshots;
using RdmaPipeline.HostingTests.Service;

namespace RdmaPipeline.HostingTests.Page;

/// <summary>What the page answers and whom it refuses (docs/security.md), by plain HTTP.</summary>
[Collection(DeviceCollection.Name)]
public sealed partial class PageHttpTests
{
    [Fact]
    public async Task TheDocumentRunsItsOwnScriptAloneAndLoadsNothing()
    {
        await using var page = await RdmaPipelinePage.StartAsync();
        Assert.True(page.Address.IsLoopback);
        using var client = new HttpClient { BaseAddress = page.Address };
        var (first, second) = (await client.GetAsync(""), await client.GetAsync(""));
        string policy = first.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'nonce-", policy, StringComparison.Ordinal);
        Assert.NotEqual(policy, second.Headers.GetValues("Content-Security-Policy").Single());
        string text = await first.Content.ReadAsStringAsync();
        string nonce = Nonce().Match(policy).Groups[1].Value;
        Assert.Equal(2, text.Split($"nonce=\"{nonce}\"").Length - 1);
        Assert.DoesNotMatch(Foreign(), text);
        string[] names = ["Cache-Control", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy"];
        Assert.Equal(
            ["no-store", "nosniff", "no-referrer", "DENY", "same-origin"], names.Select(name => first.Headers.GetValues(name).Single()));
    }

    [Fact]
    public async Task ASnapshotHasTheCountersAndRatesOfTheModel()
    {
        using var device = RdmaPipelineDevice.Open(TestHost.Address("a"));
        await using var page = await RdmaPipelinePage.StartAsync(configure: options => options.Period = TimeSpan.FromMilliseconds(100));
        using var client = new HttpClient { BaseAddress = page.Address };
        var answer = await client.GetAsync("snapshot");
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        var snapshot = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), SnapshotJson.Default.PipelineSnapshot)!;
        Assert.Equal((PipelineSnapshot.CurrentVersion, Environment.ProcessId), (snapshot.Version, snapshot.ProcessId));
        Assert.InRange(snapshot.IntervalSeconds, 0.05, 60);
        Assert.Contains(snapshot.Devices, one => one.Name == device.Name && one.Graph.Stages.Count == 9);
    }

    [Theory]
    [InlineData("Host", "evil.example", "The host name 'evil.example' is not one of this page's")]
    [InlineData("Host", "127.0.0.1.evil.example", "The host name")]
    [InlineData("Origin", "http://evil.example", "The page http://evil.example asked for this")]
    [InlineData("Origin", "null", "The page null asked for this")]
    [InlineData("Sec-Fetch-Site", "cross-site", "Another page asked for this")]
    [InlineData("Sec-Fetch-Site", "same-site", "Another page asked for this")]
    public async Task ForeignNamesAndPagesAreRefused(string header, string value, string why)
    {
        await using var page = await RdmaPipelinePage.StartAsync();
        using var client = new HttpClient { BaseAddress = page.Address };
        foreach (string path in new[] { "", "events", "snapshot" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation(header, value);
            var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.StartsWith(why, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ALinkOnAForeignPageMayBeFollowed()
    {
        await using var page = await RdmaPipelinePage.StartAsync();
        using var client = new HttpClient { BaseAddress = page.Address };
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
        client.DefaultRequestHeaders.Add("Sec-Fetch-Dest", "document");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("")).StatusCode);
        using var empty = new StringContent("");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsync("edits", empty)).StatusCode);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.7", false, false)]
    [InlineData("127.0.0.1", "192.0.2.7", false, false)]
    [InlineData("192.0.2.7", "192.0.2.7", false, false)]
    [InlineData("::1", "::1", false, true)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", false, true)]
    [InlineData("192.0.2.1", "192.0.2.7", true, true)]
    public void OnlyThisMachineIsAnsweredUnlessTold(string remote, string local, bool allow, bool answered)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(remote);
        context.Connection.LocalIpAddress = IPAddress.Parse(local);
        context.Request.Host = new HostString("192.0.2.7", 80);
        var refused = new RequestGuard(new RdmaPipelinePageOptions { AllowRemote = allow }).Refuse(context);
        Assert.Equal(answered, refused is null);
        Assert.True(answered || refused!.StartsWith("This page is for the machine it runs on", StringComparison.Ordinal));
    }

    [Fact]
    public void ANameIsKnownWhenItIsAllowed()
    {
        var options = new RdmaPipelinePageOptions { AllowRemote = true };
        options.AllowedHosts.Add("Cluster.example");
        var context = new DefaultHttpContext();
        context.Request.Host = new HostString("cluster.example", 8080);
        Assert.Null(new RequestGuard(options).Refuse(context));
    }

    [Fact]
    public async Task AnApplicationServesTheDevicesItRegistered()
    {
        using var stranger = RdmaPipelineDevice.Open(TestHost.Address("stranger"));
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        builder.Services.AddRdmaPipeline(b => b.AddDevice("left", TestHost.Address("a")));
        await using var app = builder.Build();
        app.MapRdmaPipeline("/rdma", options => options.Period = TimeSpan.FromMilliseconds(100));
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        foreach (string path in new[] { "/rdma", "/rdma/" })
            Assert.Contains("<title>RdmaPipeline</title>", await client.GetStringAsync(path), StringComparison.Ordinal);
        var snapshot = JsonSerializer.Deserialize(await client.GetStringAsync("/rdma/snapshot"), SnapshotJson.Default.PipelineSnapshot)!;
        Assert.Equal("left", Assert.Single(snapshot.Devices).Service);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/")).StatusCode);
        await app.StopAsync();
    }

    [Fact]
    public async Task AServiceWithoutAWebServerHasAPageAndSaysWhere()
    {
        await using var host = new TestHost(b => b.AddDevice("left", TestHost.Address("a")), services => services.AddRdmaPipelinePage());
        await host.StartAsync();
        string line = Assert.Single(host.Log.Lines, line => line.Id == 30).Text;
        using var client = new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]) };
        var snapshot = JsonSerializer.Deserialize(await client.GetStringAsync("snapshot"), SnapshotJson.Default.PipelineSnapshot)!;
        Assert.Equal("left", Assert.Single(snapshot.Devices).Service);
        await host.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(""));
    }

    [Theory]
    [InlineData(99, 16, "Period is 00:00:00.0990000; it must lie in 00:00:00.1000000 to 00:01:00")]
    [InlineData(1000, 0, "MaxViewers is 0; it must lie in 1 to 1000")]
    public async Task OptionsBeyondTheirLimitsAreNamed(int period, int viewers, string error)
    {
        var fault = await Assert.ThrowsAsync<ArgumentException>(() => RdmaPipelinePage.StartAsync(configure: options =>
            (options.Period, options.MaxViewers) = (TimeSpan.FromMilliseconds(period), viewers)));
        Assert.Equal(error, fault.Message);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => RdmaPipelinePage.StartAsync(65536));
    }

    [GeneratedRegex("script-src 'nonce-([0-9a-f]{32})'")]
    private static partial Regex Nonce();

    // The one address that is no address: the name space of SVG.
    [GeneratedRegex("""(src|href)="(?!data:)|https?://(?!www\.w3\.org/2000/svg)|@import|url\(""")]
    private static partial Regex Foreign();
}
