using System.Globalization;
using System.Net;

namespace RdmaPipeline.Backends;

/// <summary>The options behind the question mark of a back-end's address.</summary>
internal sealed class BackendQuery
{
    private readonly string _uri;
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="uri">The address.</param>
    /// <param name="known">Names that have a meaning; any other is refused.</param>
    public BackendQuery(Uri uri, params string[] known)
    {
        _uri = uri.OriginalString;
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var n, var v] ? (n, Uri.UnescapeDataString(v)) : (pair, "");
            if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw Wrong($"unknown option \"{name}\"; there are {string.Join(", ", known)}");
            if (!_values.TryAdd(name, value))
                throw Wrong($"option \"{name}\" is given twice");
        }
    }

    public int Number(string name, int otherwise)
    {
        if (!_values.TryGetValue(name, out var text))
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Wrong($"{name}={text} is no number from 0 to {int.MaxValue}");
    }

    public bool Switch(string name, bool otherwise) => Choice(name, ("on", true), ("off", false), otherwise);

    /// <summary>The value of one of two words; the first one's where the option is not given.</summary>
    public T Choice<T>(string name, (string Word, T Value) first, (string Word, T Value) second) =>
        Choice(name, first, second, first.Value);

    public IReadOnlyList<IPAddress> Addresses(string name)
    {
        if (!_values.TryGetValue(name, out var text))
            return [];
        return [.. text.Split(',').Select(a => Address(name, a))];
    }

    private T Choice<T>(string name, (string Word, T Value) first, (string Word, T Value) second, T otherwise)
    {
        if (!_values.TryGetValue(name, out var text))
            return otherwise;
        if (text == first.Word)
            return first.Value;
        return text == second.Word ? second.Value : throw Wrong($"{name}={text} must be {first.Word} or {second.Word}");
    }

    private IPAddress Address(string name, string text) =>
        IPAddress.TryParse(text, out var address) ? address : throw Wrong($"{name}={text} is no IP address");

    private ArgumentException Wrong(string what) => new($"\"{_uri}\": {what}.");
}
