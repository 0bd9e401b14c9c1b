using System.CommandLine;

namespace RdmaPipeline.Cli.Commands;

/// <summary>Options whose value is one of a few names, written in lower case.</summary>
public static class ChoiceOption
{
    /// <summary>An option over the names of an enumeration; any other is refused with the names there are.</summary>
    public static Option<T> Create<T>(string name, T otherwise, string description)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(n => n.ToLowerInvariant()).ToArray();
        return new Option<T>(name)
        {
            Description = description,
            HelpName = string.Join('|', names),
            DefaultValueFactory = _ => otherwise,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (names.Contains(text.ToLowerInvariant())) return Enum.Parse<T>(text, ignoreCase: true);
                result.AddError($"{name} {text} is not one of {string.Join(", ", names)}");
                return otherwise;
            },
        };
    }
}
