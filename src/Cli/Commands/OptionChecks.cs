using System.CommandLine;
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
        option.Validators.Add(result =>
        {
            // What is no number the parser refuses itself.
            if (result.Tokens.Count == 0 || !T.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value)) return;
            if (value < least || value > most) result.AddError($"{option.Name} {value} is not within {least} to {most}");
        });
        return option;
    }

    /// <summary>Accepts only <paramref name="values"/>.</summary>
    public static Option<T> OneOf<T>(this Option<T> option, params T[] values)
        where T : struct, INumber<T>
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 0 || !T.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value)) return;
            if (!values.Contains(value)) result.AddError($"{option.Name} {value} is not one of {string.Join(", ", values)}");
        });
        return option;
    }
}
