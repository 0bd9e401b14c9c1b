using System.Globalization;
using System.Text;

namespace RdmaPipeline.Cli.Export;

/// <summary>What a variable may hold, and what is done when it holds something else.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Expected">What it may hold, to follow "is not".</param>
/// <param name="Read">The value as it is passed on; null: it is wrong.</param>
/// <param name="Otherwise">What is used instead, as OpenTelemetry's specification says; null: nothing can be, which is an error.</param>
internal sealed record ExportVariable(string Name, string Expected, Func<string, string?> Read, string? Otherwise)
{
    /// <summary>Of a variable for one signal that for all of them, which holds where this one is wrong.</summary>
    public string? General { get; init; }

    /// <summary>What a wrong value comes so near to that it is taken for that; null: nothing.</summary>
    public Func<string, string?> Nearest { get; init; } = static _ => null;

    /// <summary>One of some words, in upper or lower case, as the specification wants it.</summary>
    public static ExportVariable OneOf(string name, string otherwise, params string[] values) => new(
        name, $"one of {string.Join(", ", values)}",
        value => values.FirstOrDefault(word => word.Equals(value, StringComparison.OrdinalIgnoreCase)), otherwise);

    public static ExportVariable Whole(string name, int least, string otherwise, int most = int.MaxValue) =>
        new(name, $"a whole number from {least} to {most}", value => ReadWhole(value, least, most), otherwise);

    public static ExportVariable Boolean(string name) =>
        new(name, "true or false", value => bool.TryParse(value, out _) ? value : null, "false");

    public static ExportVariable Ratio(string name, string otherwise) =>
        new(name, "a number from 0 to 1", value => IsRatio(value) ? value : null, otherwise);

    public static ExportVariable Pairs(string name, string otherwise) =>
        new(name, "a list such as key1=value1,key2=value2", value => IsPairs(value) ? value : null, otherwise);

    public static ExportVariable Headers(string name) =>
        new(name, "a list of headers such as key1=value1,key2=value2", value => IsHeaders(value) ? value : null, null);

    public static ExportVariable Endpoint(string name) =>
        new(name, "an address such as http://127.0.0.1:4317", value => IsEndpoint(value) ? value : null, null);

    /// <summary>Any text is right.</summary>
    public static ExportVariable Text(string name) => new(name, "a text", value => value, null);

    private static string? ReadWhole(string value, int least, int most) =>
        int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number.ToString(CultureInfo.InvariantCulture)
            : null;

    private static bool IsRatio(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1;

    private static bool IsPairs(string value) => value.Split(',').All(pair => pair.IndexOf('=') > 0);

    // The exporters decode the list as a whole before they part it.
    private static bool IsHeaders(string value)
    {
        var list = Uri.UnescapeDataString(value);
        return IsPairs(list) && list.Split(',').Select(pair => pair.Split('=', 2)).All(pair => IsHeader(pair[0].Trim(), pair[1].Trim()));
    }

    private static bool IsHeader(string name, string value)
    {
        using var request = new HttpRequestMessage();
        try
        {
            request.Headers.Add(name, value);
            return Ascii.IsValid(value);
        }
        catch (Exception wrong) when (wrong is FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsEndpoint(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0;
}
