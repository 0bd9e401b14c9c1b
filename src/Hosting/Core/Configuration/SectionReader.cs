using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace RdmaPipeline.Hosting.Configuration;

/// <summary>
/// Reads options from a section of a configuration. What cannot be read keeps the value it had and becomes an error that names the key,
/// the value and what is legal; so does a key that nobody asked for.
/// </summary>
internal sealed class SectionReader(IConfiguration section, List<string> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The text of a key.</summary>
    public string Text(string name, string otherwise) => Find(name) ?? otherwise;

    /// <summary>A number, a truth value or a time.</summary>
    public T Value<T>(string name, T otherwise)
        where T : struct, IParsable<T>
    {
        if (Find(name) is not { } text)
            return otherwise;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var value))
            return value;
        errors.Add($"{PathOf(name)} is '{text}'; it must be {Form<T>()}");
        return otherwise;
    }

    /// <summary>The same where nothing is a value too.</summary>
    public T? Optional<T>(string name, T? otherwise)
        where T : struct, IParsable<T> => Find(name) is null ? otherwise : Value(name, otherwise ?? default);

    /// <summary>One of the names of an enumeration.</summary>
    public T Choice<T>(string name, T otherwise)
        where T : struct, Enum
    {
        if (Find(name) is not { } text)
            return otherwise;
        if (TryChoose(text, out T value))
            return value;
        errors.Add($"{PathOf(name)} is '{text}'; it must be one of {string.Join(", ", Enum.GetNames<T>())}");
        return otherwise;
    }

    /// <summary>What a text stands for.</summary>
    /// <param name="name">The key.</param>
    /// <param name="otherwise">The value where there is no such key.</param>
    /// <param name="read">Null for a text that stands for nothing.</param>
    /// <param name="legal">The texts there are.</param>
    public T Read<T>(string name, T otherwise, Func<string, T?> read, string legal)
        where T : class
    {
        if (Find(name) is not { } text)
            return otherwise;
        if (read(text) is { } value)
            return value;
        errors.Add($"{PathOf(name)} is '{text}'; it must be {legal}");
        return otherwise;
    }

    /// <summary>A section within this one, which is read by itself.</summary>
    public SectionReader Within(string name)
    {
        _known.Add(name);
        return new SectionReader(section.GetSection(name), errors);
    }

    /// <summary>The same where nothing is a value too.</summary>
    public T? OptionalChoice<T>(string name, T? otherwise)
        where T : struct, Enum => Find(name) is null ? otherwise : Choice(name, otherwise ?? default);

    /// <summary>Makes every key an error that was not asked for, but for sections of these names.</summary>
    public void RefuseOthers(params string[] sections)
    {
        foreach (var child in section.GetChildren())
        {
            if (!_known.Contains(child.Key) && !sections.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                errors.Add($"{child.Path} is no option; there are {string.Join(", ", _known.Concat(sections))}");
        }
    }

    // Numbers are no names.
    private static bool TryChoose<T>(string text, [NotNullWhen(true)] out T value)
        where T : struct, Enum => Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && char.IsLetter(text[0]);

    private static string Form<T>() => default(T) switch
    {
        bool => "true or false",
        TimeSpan => "a time, as in 00:00:05",
        _ => "a number",
    };

    private string? Find(string name)
    {
        _known.Add(name);
        return section[name] is { Length: > 0 } text ? text : null;
    }

    private string PathOf(string name) => section is IConfigurationSection named ? $"{named.Path}:{name}" : name;
}
