using RdmaPipeline.Cli;
using RdmaPipeline.Cli.Export;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>What the tool reads from the variables of OpenTelemetry.</summary>
public sealed class ExportSettingsTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317";

    [Theory]
    [InlineData("", false, false)]
    [InlineData("OTEL_SERVICE_NAME=x OTEL_EXPORTER_OTLP_HEADERS=wrong", false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=", false, false)]
    [InlineData(Endpoint, true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://h:1", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=https://h", false, true)]
    [InlineData(Endpoint + " OTEL_TRACES_EXPORTER=none", false, true)]
    [InlineData(Endpoint + " OTEL_METRICS_EXPORTER=none", true, false)]
    [InlineData("OTEL_METRICS_EXPORTER=otlp", false, true)]
    [InlineData(Endpoint + " OTEL_SDK_DISABLED=true", false, false)]
    [InlineData(Endpoint + " OTEL_SDK_DISABLED=TRUE", false, false)]
    [InlineData(Endpoint + " OTEL_SDK_DISABLED=false", true, true)]
    public void ASignalIsExportedWhenTheEnvironmentSaysWhereTo(string environment, bool traces, bool metrics)
    {
        var settings = Read(environment, out var warnings);
        Assert.Equal((traces, metrics), (settings.Traces, settings.Metrics));
        Assert.Equal(traces || metrics, settings.IsOn);
        Assert.Empty(warnings);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("OTEL_TRACES_SAMPLER=always_on", 1)]
    [InlineData("OTEL_TRACES_SAMPLER=parentbased_always_on OTEL_TRACES_SAMPLER_ARG=0.5", 1)]
    [InlineData("OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.001", 0.001)]
    [InlineData("OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.3", 0.3)]
    [InlineData("OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=1e-20", 1e-20)]
    [InlineData("OTEL_TRACES_SAMPLER=traceidratio", 1)]
    [InlineData("OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0", 0)]
    [InlineData("OTEL_TRACES_SAMPLER=parentbased_always_off", 0)]
    [InlineData("OTEL_TRACES_SAMPLER=Always_Off", 0)]
    public void TheSamplerIsThatOfTheDevices(string sampler, double ratio) =>
        Assert.Equal((ratio, ratio != 0, true), Of(Read($"{Endpoint} {sampler}", out _)));

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "1", "false")]
    [InlineData("OTEL_TRACES_EXPORTER", "zipkin", "otlp")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http", "grpc")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "thrift", "grpc")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "10000")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "lz4", "none")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "lonely", "no attributes")]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes", "parentbased_always_on")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "1.5", "1")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "-0.1", "1")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "-5", "60000")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "99999999999", "60000")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "many", "32768")]
    public void AWrongValueIsToldAndTheDefaultOfTheSpecificationHolds(string name, string value, string otherwise)
    {
        var settings = Read($"{Endpoint} {name}={value}", out var warnings);
        Assert.DoesNotContain(name, settings.Variables.Keys);
        var warning = Assert.Single(warnings);
        Assert.Contains($"{name} '{value}' is not ", warning, StringComparison.Ordinal);
        Assert.EndsWith($"; {otherwise} is used", warning, StringComparison.Ordinal);
    }

    // The value for all signals, or for all attributes, holds where that of one is wrong.
    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT=700 OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=x", "700")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=x", "http/protobuf")]
    [InlineData("OTEL_ATTRIBUTE_COUNT_LIMIT=7 OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=x", "7")]
    [InlineData("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=70 OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT=x", "70")]
    public void TheGeneralValueHoldsWhereThatOfOneIsWrong(string variables, string otherwise)
    {
        Read($"{Endpoint} {variables}", out var warnings);
        Assert.EndsWith($"; {otherwise} is used", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "host.example:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://127.0.0.1")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "s3cret")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "x%20a=s3cret")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=1,(b)=s3cret")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=s3cret%0Ab")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=s3cr%C3%A9t")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "a=1%2Cs3cret")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "content-type=s3cret")]
    public void WhereToAndWithWhichHeadersCannotBeGuessed(string name, string value)
    {
        var fault = Assert.Throws<CliException>(() => Read($"{Endpoint} {name}={value}", out _));
        Assert.StartsWith($"{name} is not ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(value, fault.Message, StringComparison.Ordinal);
    }

    private static (double, bool, bool) Of(ExportSettings settings) => (settings.SampleRatio, settings.Traces, settings.Metrics);

    private static ExportSettings Read(string environment, out List<string> warnings)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2))
            .GroupBy(v => v[0]).ToDictionary(v => v.Key, v => v.Last()[1]);
        warnings = [];
        return ExportSettings.Read(variables.GetValueOrDefault, warnings.Add);
    }
}
