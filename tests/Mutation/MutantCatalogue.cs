using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RdmaPipeline.Mutation;

/// <summary>All mutants that are to be tried, and those that cannot be.</summary>
/// <param name="selects">Whether mutants of a file are wanted.</param>
internal sealed class MutantCatalogue(Func<string, bool> selects)
{
    private const int LongestText = 90;

    private readonly List<Mutant> _all = [];
    private readonly HashSet<int> _refused = [];
    private int _next;

    /// <summary>The mutants of the last pass over the sources that compile.</summary>
    public IReadOnlyList<Mutant> Mutants => [.. _all.Where(mutant => !_refused.Contains(mutant.Id))];

    /// <summary>Numbers given out.</summary>
    public int Count => _next;

    /// <summary>Mutants that the compiler refuses.</summary>
    public int Refused => _refused.Count;

    /// <summary>Mutants that have no place, because they would declare a variable twice.</summary>
    public int Unplaceable { get; private set; }

    /// <summary>Begins a pass over all sources; it gives the same numbers as the last one.</summary>
    public void Begin()
    {
        _all.Clear();
        (_next, Unplaceable) = (0, 0);
    }

    /// <summary>Leaves a mutant out from the next pass on.</summary>
    /// <returns>False when it was left out before.</returns>
    public bool Refuse(int id) => _refused.Add(id);

    /// <summary>Adds a mutant of a node.</summary>
    /// <returns>Its number, or null when it is not to be placed.</returns>
    public int? Add(string file, SyntaxNode original, string kind, SyntaxNode? replacement)
    {
        if (!selects(file)) return null;
        if (original.DescendantNodes().Any(node => node is SingleVariableDesignationSyntax))
        {
            Unplaceable++;
            return null;
        }

        var line = original.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        _all.Add(new Mutant(_next, file, line, kind, Shorten(original), replacement is null ? "" : Shorten(replacement)));
        var id = _next++;
        return _refused.Contains(id) ? null : id;
    }

    private static string Shorten(SyntaxNode node)
    {
        var text = string.Join(' ', node.NormalizeWhitespace().ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= LongestText ? text : text[..LongestText] + "…";
    }
}
