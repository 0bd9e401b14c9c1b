using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RdmaPipeline.Hosting;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>Options from code and configuration, checked when the host starts: an error names the field, the value and the limit.</summary>
[Collection(DeviceCollection.Name)]
public sealed class OptionsTests
{
    [Fact]
    public async Task EveryErrorOfAllDevicesIsToldBeforeAnythingOpens()
    {
        await using var host = new TestHost(b => b
            .Configure(o => (o.DrainTimeout, o.BlockedThreshold) = (TimeSpan.FromHours(2), 0))
            .AddDevice("good", "mem://x/a")
            .AddDevice("odd", "tcp://x", o => o with { ShardCount = 3, EdgeCapacity = 0, Preset = PipelinePreset.Simulated }));
        string text = (await Assert.ThrowsAnyAsync<Exception>(host.StartAsync)).ToString();
        foreach (string part in new[]
                 {
                     "DrainTimeout is 02:00:00; it must lie in 0 to 01:00:00", "BlockedThreshold is 0; it must be above 0",
                     "device 'odd': Uri is 'tcp://x'; it must be", "device 'odd': ShardCount is 3; it must be a power of two",
                     "EdgeCapacity is 0; it must lie in 1 to 4096", "Preset is Simulated; in a service",
                 })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }

        Assert.Empty(host.Log.Lines);
    }

    [Fact]
    public async Task WhatIsNullOrOfNoKindOrOfNoDeviceIsToldByItsName()
    {
        await using var host = new TestHost(b => b
            .AddDevice("nowhere", null!).UseGraph("nowhere", spec => spec)
            .AddDevice("nothing", "mem://x/a", _ => null!)
            .AddDevice("odd", "mem://x/b", o => o with { QueuePairMetrics = null!, Driver = (Graph.ShardDriverKind)99 })
            .AddDevice("seeded", "mem://x/c", o => o with { Driver = Graph.ShardDriverKind.Seeded })
            .UseGraph("nwhere", spec => spec));
        string text = (await Assert.ThrowsAnyAsync<Exception>(host.StartAsync)).ToString();
        foreach (string part in new[]
                 {
                     "device 'nowhere': Uri is ''; it must be", "device 'nothing': the function that changes its options returned null",
                     "device 'odd': QueuePairMetrics is null", "device 'odd': Driver is 99; it must be one of Hybrid, Dedicated",
                     "device 'seeded': Driver is Seeded; in a service",
                     "changed of device 'nwhere', which is not registered; there are nowhere, nothing, odd, seeded",
                 })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Preset is", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AConfigurationAddsDevicesAndChangesThoseOfCode()
    {
        var section = Section(new()
        {
            ["R:MonitorPeriod"] = "00:00:00.25", ["R:Control"] = "false",
            ["R:Devices:front:ShardCount"] = "2", ["R:Devices:front:Preset"] = "queued",
            ["R:Devices:back:Uri"] = "mem://x/b", ["R:Devices:back:ReceiveModeration"] = "00:00:00.00005",
            ["R:Devices:back:Driver"] = "Dedicated",
            ["R:Devices:back:QueuePairMetrics"] = "TopK:5", ["R:Devices:back:Traces:SampleInterval"] = "1",
            ["R:Devices:back:Traces:MaxPerSecond"] = "50",
        });
        await using var host = new TestHost(b => b.AddDevice("front", "mem://x/a", o => o with { EdgeCapacity = 9 }).Bind(section));
        var devices = host.Services.GetRequiredService<IOptionsMonitor<RdmaDeviceSettings>>();
        var (front, back) = (devices.Get("front"), devices.Get("back"));
        Assert.Equal(("mem://x/a", 2, 9, PipelinePreset.Queued),
            (front.Uri, front.Device.ShardCount, front.Device.EdgeCapacity, front.Device.Preset));
        Assert.Equal(("mem://x/b", 50, Graph.ShardDriverKind.Dedicated),
            (back.Uri, back.Device.ReceiveModeration.TotalMicroseconds, back.Device.Driver));
        Assert.Equal((1, 50), (back.Device.Traces.SampleInterval, back.Device.Traces.MaxPerSecond));
        Assert.NotSame(QueuePairMetrics.ByTransport, back.Device.QueuePairMetrics);
        Assert.Same(QueuePairMetrics.ByTransport, front.Device.QueuePairMetrics);
        var all = host.Services.GetRequiredService<IOptions<RdmaPipelineOptions>>().Value;
        Assert.Equal((0.25, false), (all.MonitorPeriod.TotalSeconds, all.Control));
    }

    [Fact]
    public async Task WhatAConfigurationSaysWronglyIsToldByItsKey()
    {
        var section = Section(new()
        {
            ["R:Devices:front:Uri"] = "mem://x/a", ["R:Devices:front:ShardCount"] = "many", ["R:Devices:front:Preset"] = "Fast",
            ["R:Devices:front:AckPolicy"] = "0", ["R:Devices:front:Shards"] = "2", ["R:DrainTimeout"] = "soon", ["R:Colour"] = "red",
        });
        await using var host = new TestHost(b => b.Bind(section));
        string text = (await Assert.ThrowsAnyAsync<Exception>(host.StartAsync)).ToString();
        foreach (string part in new[]
                 {
                     "R:Devices:front:ShardCount is 'many'; it must be a number",
                     "R:Devices:front:Preset is 'Fast'; it must be one of Staged, Queued, Fused, Polling, Simulated",
                     "R:Devices:front:AckPolicy is '0'; it must be one of", "R:Devices:front:Shards is no option; there are Uri, Preset",
                     "R:DrainTimeout is 'soon'; it must be a time", "R:Colour is no option; there are DrainTimeout",
                 })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    // An option that is added to devices and forgotten here fails this.
    [Fact]
    public async Task EveryOptionOfADeviceCanBeConfigured()
    {
        var options = Readable(typeof(DeviceOptions)).Except([nameof(DeviceOptions.Seed)])
            .Concat(Readable(typeof(TracingOptions)).Select(name => $"{nameof(DeviceOptions.Traces)}:{name}"));
        foreach (string option in options)
        {
            await using var host = new TestHost(b => b.Bind(Section(new()
            {
                ["R:Devices:x:Uri"] = "mem://x/a", [$"R:Devices:x:{option}"] = "@",
            })));
            var settings = host.Services.GetRequiredService<IOptionsMonitor<RdmaDeviceSettings>>();
            var fault = Assert.Throws<OptionsValidationException>(() => settings.Get("x"));
            Assert.Contains($"R:Devices:x:{option} is '@'; it must be", fault.Message, StringComparison.Ordinal);
        }
    }

    // What is a function or a service only code can say.
    private static IEnumerable<string> Readable(Type options) => options.GetProperties()
        .Where(property => property.PropertyType.IsValueType || property.PropertyType == typeof(QueuePairMetrics))
        .Select(property => property.Name);

    private static IConfigurationSection Section(Dictionary<string, string?> values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values).Build().GetSection("R");
}
