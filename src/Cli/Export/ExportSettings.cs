using System.Globalization;

namespace RdmaPipeline.Cli.Export;

/// <summary>What of a run goes to a collector, as the environment says.</summary>
/// <param name="Variables">The variables that are set and right.</param>
/// <param name="SampleRatio">The part of the messages that is traced, 0 to 1; 0: spans are not exported.</param>
/// <param name="Metrics">Metrics are exported.</param>
internal sealed record ExportSettings(IReadOnlyDictionary<string, string> Variables, double SampleRatio, bool Metrics)
{
    /// <summary>Spans are exported.</summary>
    public bool Traces => SampleRatio != 0;

    /// <summary>Anything is.</summary>
    public bool IsOn => Traces || Metrics;

    private static readonly ExportSettings s_off = new(new Dictionary<string, string>(), SampleRatio: 0, Metrics: false);

    /// <summary>
    /// Reads the environment. A signal is exported when it has an endpoint or its exporter is named; where none is, no variable matters.
    /// </summary>
    /// <param name="read">Gives the value of a variable; an empty one is as none.</param>
    /// <param name="warn">Is told of values that are wrong and what is used in their place.</param>
    /// <exception cref="CliException">A value is wrong and nothing can take its place.</exception>
    public static ExportSettings Read(Func<string, string?> read, Action<string> warn)
    {
        if (!ExportVariables.Switches.Any(name => read(name) is { Length: > 0 }) || ExportVariables.IsDisabled(read, warn)) return s_off;
        var variables = ExportVariables.Read(read, warn);
        return new(variables,
            IsExported(variables, "TRACES_", ExportVariables.TracesExporter) ? RatioOf(variables) : 0,
            Metrics: IsExported(variables, "METRICS_", ExportVariables.MetricsExporter));
    }

    // Work requests are the roots of their traces, so a sampler that goes by a parent is the same as one that does not.
    private static double RatioOf(IReadOnlyDictionary<string, string> variables)
    {
        var sampler = variables.GetValueOrDefault(ExportVariables.TracesSampler, "");
        if (sampler.EndsWith("always_off", StringComparison.Ordinal)) return 0;
        if (!sampler.EndsWith("traceidratio", StringComparison.Ordinal)) return 1;
        return double.Parse(variables.GetValueOrDefault(ExportVariables.TracesSamplerRatio, "1"), CultureInfo.InvariantCulture);
    }

    private static bool IsExported(IReadOnlyDictionary<string, string> variables, string signal, string exporter) =>
        variables.TryGetValue(exporter, out var name)
            ? name == "otlp"
            : variables.ContainsKey(ExportVariables.Endpoint("")) || variables.ContainsKey(ExportVariables.Endpoint(signal));
}
