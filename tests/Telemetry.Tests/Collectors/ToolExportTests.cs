using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>The tool in a process of its own, with the standard variables set.</summary>
public sealed class ToolExportTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    // Not the copy beside the test, which is without what the test's own framework brings.
    private static readonly string s_tool = SourceTree.FindBuilt("src/Cli", "rdmapipe");

    [SkippableTheory]
    [InlineData("grpc")]
    [InlineData("http/protobuf")]
    public void ACommandsMetricsReachTheCollectorWithItsOwnFigures(string protocol)
    {
        using var receiver = new OtlpReceiver();
        var run = Run(["demo", "--json"], Endpoint(receiver.For(protocol)), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)).Expect();
        Assert.Equal("", run.Error);

        var arrived = receiver.Points().Where(p => Text(p["metric"]) == MetricNames.StageConsumedItems).ToList();
        var edges = JsonNode.Parse(run.Output)!["edges"]!.AsArray();
        foreach (var into in edges.GroupBy(edge => Text(edge!["to"])))
        {
            var points = arrived.Where(p => Text(p["attributes"]![AttributeNames.StageName]) == into.Key);
            Assert.Equal(into.Sum(edge => edge!["items"]!.GetValue<long>()), points.Sum(p => p["value"]!.GetValue<long>()));
        }
    }

    [SkippableTheory]
    [InlineData("always_on", 1.0)]
    [InlineData("traceidratio", 0.0)]
    [InlineData("traceidratio", 0.7)]
    [InlineData("parentbased_traceidratio", 0.4)]
    [InlineData("traceidratio", 0.3)]
    public void ACommandsTracesReachTheCollectorAsSampled(string sampler, double part)
    {
        using var receiver = new OtlpReceiver();
        var run = Run(["demo", "--json"], Endpoint(new Uri("http://127.0.0.1:9")), ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", $"{receiver.Grpc}"), ("OTEL_TRACES_SAMPLER", sampler),
            ("OTEL_TRACES_SAMPLER_ARG", $"{part}")).Expect();
        Assert.Equal("", run.Error);
        Assert.Empty(receiver.Points());

        var posted = JsonNode.Parse(run.Output)!["operations"]!.AsArray().Sum(operation => operation!["count"]!.GetValue<int>());
        var traced = receiver.Spans().Count(span => span["attributes"]![AttributeNames.WorkRequestId] is not null);
        var deviation = 4 * Math.Sqrt(posted * part * (1 - part));
        Assert.InRange(traced, (part * posted) - deviation, (part * posted) + deviation);
    }

    [SkippableFact]
    public void NamesAttributesAndHeadersAreThoseOfTheEnvironment()
    {
        using var receiver = new OtlpReceiver();
        Run(["graph"], Endpoint(receiver.Grpc), ("OTEL_SERVICE_NAME", "storage"), ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue"),
            ("OTEL_RESOURCE_ATTRIBUTES", "zone=north,service.name=no")).Expect();
        Assert.NotEmpty(receiver.Points());
        Assert.All(receiver.Points(), point =>
        {
            Assert.Equal("storage", Text(point["resource"]!["service.name"]));
            Assert.Equal("north", Text(point["resource"]!["zone"]));
        });
        Assert.NotEmpty(receiver.Requests());
        Assert.All(receiver.Requests(), request => Assert.Equal("blue", Text(request["headers"]!["x-tenant"])));
    }

    [SkippableTheory]
    [InlineData("grpc", "")]
    [InlineData("http/protobuf", "own/path")]
    public void OneSignalGoesWhereItsOwnVariablesSay(string protocol, string path)
    {
        using var receiver = new OtlpReceiver();
        var run = Run(["graph"], Endpoint(new Uri("http://127.0.0.1:9")), ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", $"{receiver.For(protocol)}{path}"), ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-tenant=red")).Expect();
        Assert.Equal("", run.Error);
        var request = Assert.Single(receiver.Requests());
        Assert.Equal("red", Text(request["headers"]!["x-tenant"]));
        if (protocol != "grpc") Assert.Equal("/own/path", Text(request["path"]));
    }

    [SkippableFact]
    public void TheServiceIsCalledLikeTheToolUnlessNamed()
    {
        using var receiver = new OtlpReceiver();
        Run(["graph"], Endpoint(receiver.Grpc)).Expect();
        Assert.NotEmpty(receiver.Points());
        Assert.All(receiver.Points(), point => Assert.Equal("rdmapipe", Text(point["resource"]!["service.name"])));
    }

    [SkippableFact]
    public void ADisabledSdkSendsNothing()
    {
        using var receiver = new OtlpReceiver();
        Assert.Equal("", Run(["graph"], Endpoint(receiver.Grpc), ("OTEL_SDK_DISABLED", "true")).Expect().Error);
        Assert.Empty(receiver.Requests());
    }

    // The tool's folder without OpenTelemetry, and without the list of what should be there.
    [Fact]
    public void WithoutAnEndpointOpenTelemetryIsNotEvenLoaded()
    {
        var folder = Directory.CreateTempSubdirectory("rdmapipe-");
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(s_tool)!))
        {
            var name = Path.GetFileName(file);
            if (!name.StartsWith("OpenTelemetry", StringComparison.Ordinal) && name != "rdmapipe.deps.json")
                File.Copy(file, Path.Combine(folder.FullName, name));
        }

        var tool = Path.Combine(folder.FullName, "rdmapipe");
        Assert.Equal("", Command.Run(tool, ["graph"], s_limit).Expect().Error);
        var wanted = Command.Run(tool, ["graph"], s_limit, new Dictionary<string, string> { ["OTEL_METRICS_EXPORTER"] = "otlp" });
        Assert.Contains("OpenTelemetry", wanted.Error, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void ACollectorThatIsNotThereCostsALineAndNotTheExitCode()
    {
        var run = Run(["graph"], Endpoint(new Uri("http://127.0.0.1:9"))).Expect();
        var line = Assert.Single(Lines(run.Error));
        Assert.StartsWith("rdmapipe: 1 exports of telemetry failed, the first: ", line, StringComparison.Ordinal);
        Assert.Contains("refused", line, StringComparison.Ordinal);
    }

    [Fact]
    public void ACollectorThatNeverAnswersIsNotWaitedForLongerThanPromised()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        // The exporter would wait an hour by itself, and the test does not wait for that.
        var hour = ("OTEL_EXPORTER_OTLP_TIMEOUT", $"{TimeSpan.FromHours(1).TotalMilliseconds}");
        var run = Run(["graph"], Endpoint(new Uri($"http://{silent.LocalEndpoint}")), hour).Expect();
        Assert.Contains("rdmapipe: the collector did not take the rest within 5 s", Lines(run.Error));
    }

    [SkippableTheory]
    [InlineData("HTTP/Protobuf", "")]
    [InlineData("http/json", "rdmapipe: OTEL_EXPORTER_OTLP_PROTOCOL 'http/json' is not one of grpc, http/protobuf; http/protobuf is used")]
    public void ProtocolsAreReadInAnyCaseAndJsonIsTakenForTheOtherOverHttp(string protocol, string told)
    {
        using var receiver = new OtlpReceiver();
        var run = Run(["graph"], Endpoint(receiver.Http), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)).Expect();
        Assert.Equal(told, run.Error.TrimEnd());
        Assert.NotEmpty(receiver.Points());
    }

    [Fact]
    public void AHeaderThatCannotBeIsAnErrorThatDoesNotShowIt()
    {
        var run = Run(["graph"], Endpoint(new Uri("http://127.0.0.1:9")), ("OTEL_EXPORTER_OTLP_HEADERS", "x a=s3cret")).Expect(exitCode: 1);
        Assert.Equal("", run.Output);
        Assert.Equal(["rdmapipe: OTEL_EXPORTER_OTLP_HEADERS is not a list of headers such as key1=value1,key2=value2"], Lines(run.Error));
    }

    [Fact]
    public void AWrongEndpointIsAnErrorThatNamesTheVariable()
    {
        var run = Run(["graph"], ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4317")).Expect(exitCode: 1);
        Assert.Equal("", run.Output);
        Assert.Equal(["rdmapipe: OTEL_EXPORTER_OTLP_ENDPOINT is not an address such as http://127.0.0.1:4317"], Lines(run.Error));
    }

    [Fact]
    public void ACertificateThatCannotBeReadIsAnError()
    {
        var run = Run(["graph"], Endpoint(new Uri("https://127.0.0.1:9")), ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem"))
            .Expect(exitCode: 1);
        Assert.Equal("", run.Output);
        Assert.Equal(["rdmapipe: telemetry cannot be exported: CA Certificate file not found at path: /nowhere.pem"], Lines(run.Error));
    }

    private static CommandResult Run(IEnumerable<string> arguments, params (string Name, string Value)[] environment) => Command.Run(
        s_tool, arguments, s_limit, environment.ToDictionary(v => v.Name, v => v.Value));

    private static (string Name, string Value) Endpoint(Uri address) => ("OTEL_EXPORTER_OTLP_ENDPOINT", address.ToString());

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Text(JsonNode? node) => node!.GetValue<string>();
}
