using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace RdmaPipeline.Cli.Commands;

/// <summary>Limits of options, refused with the option's name, the value and the limit before a command runs.</summary>
public static class OptionChecks
{
    /// <summary>Accepts values of at least <paramref name="least"/> and at most <paramref name="most"/>.</summary>
    public static Option<T> Between<T>(this Option<T> option, T least, T most)
        where T : struct, INumber<T>
    {
        option.CustomParser = result => ReadBetween(option, result, least, most);
        return option;
    }

    /// <inheritdoc cref="Between{T}(Option{T}, T, T)"/>
    public static Option<T?> Between<T>(this Option<T?> option, T least, T most)
        where T : struct, INumber<T>
    {
        option.CustomParser = result => ReadBetween(option, result, least, most);
        return option;
    }

    /// <summary>Accepts only <paramref name="values"/>.</summary>
    public static Option<T> OneOf<T>(this Option<T> option, params T[] values)
        where T : struct, INumber<T>
    {
        option.CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (TryRead(text, out T value) && values.Contains(value)) return value;
            result.AddError($"{option.Name} {text} is not one of {string.Join(", ", values)}");
            return default;
        };
        return option;
    }

    /// <summary>Refuses <paramref name="option"/> where it would have no meaning.</summary>
    /// <param name="command">The command that has the option.</param>
    /// <param name="option">The option.</param>
    /// <param name="isWithout">Whether it has none, by the rest of the command line.</param>
    /// <param name="why">What follows the option's name in the error.</param>
    public static void Refuse(this Command command, Option option, Func<CommandResult, bool> isWithout, string why) =>
        command.Validators.Add(result =>
        {
            if (result.IsGiven(option) && isWithout(result)) result.AddError($"{option.Name} {why}");
        });

    /// <summary>Whether the command line has the option, whatever its default is.</summary>
    public static bool IsGiven(this CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static T ReadBetween<T>(Option option, ArgumentResult result, T least, T most)
        where T : struct, INumber<T>
    {
        var text = result.Tokens[0].Value;
        var isNumber = TryRead(text, out T value);
        // What is no number is within no limits.
        if (isNumber && value >= least && value <= most) return value;
        var kind = isNumber ? "" : typeof(T) == typeof(double) ? "a number " : "a whole number ";
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {text} is not {kind}within {least} to {most}"));
        return default;
    }

    private static bool TryRead<T>(string text, out T value)
        where T : struct, INumber<T>
    {
        var style = typeof(T) == typeof(double) ? NumberStyles.Float : NumberStyles.Integer;
        return T.TryParse(text, style, CultureInfo.InvariantCulture, out value);
    }
}
