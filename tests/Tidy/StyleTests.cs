using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RdmaPipeline.TidyTests;

/// <summary>Sizes, names and leftovers.</summary>
public sealed partial class StyleTests
{
    private const int MaxFileLines = 300;
    private const int MaxMethodLines = 50;
    private const int MaxLineLength = 140;

    [Fact]
    public void FilesFitARoom() => Findings.MustBeEmpty(
        from file in SourceTree.Files
        where file.Lines.Count > MaxFileLines
        select $"{file} has {file.Lines.Count} lines",
        $"A file has more than {MaxFileLines} lines:");

    [Fact]
    public void MethodsFitAScreen() => Findings.MustBeEmpty(
        from file in SourceTree.Files
        from method in file.Syntax.DescendantNodes().Where(n => n is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax)
        let span = method.GetLocation().GetLineSpan()
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where lines > MaxMethodLines
        select $"{file.At(method)} has {lines} lines",
        $"A method has more than {MaxMethodLines} lines:");

    [Fact]
    public void LinesFitTheWindow() => Findings.MustBeEmpty(
        from file in SourceTree.Files
        from line in file.Lines.Select((text, index) => (text, index))
        where line.text.Length > MaxLineLength
        select $"{file}:{line.index + 1} has {line.text.Length} columns",
        $"A line has more than {MaxLineLength} columns:");

    [Fact]
    public void OneTypePerFileNamedLikeIt() => Findings.MustBeEmpty(
        from file in SourceTree.Under("src", "telemetry")
        let types = file.Syntax.DescendantNodes(n => n is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .Where(n => n is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax).ToList()
        let name = Path.GetFileNameWithoutExtension(file.Path).Split('.')[0]
        where types.Count > 1 || (types.Count == 1 && NameOf(types[0]) != name)
        select $"{file} holds {string.Join(", ", types.Select(NameOf))}",
        "One type per file, and the file is named like it:");

    [Fact]
    public void NoTypeIsAManagerAHelperOrAUtility() => Findings.MustBeEmpty(
        from file in SourceTree.Files
        from type in file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        where VagueName().IsMatch(type.Identifier.ValueText)
        select file.At(type),
        "A name that says nothing:");

    [Fact]
    public void NothingIsLeftUnfinished() => Findings.MustBeEmpty(
        from file in SourceTree.Files
        where !file.Path.StartsWith("tests/Tidy/", StringComparison.Ordinal)
        from line in file.Lines.Select((text, index) => (text, index))
        where Unfinished().IsMatch(line.text)
        select $"{file}:{line.index + 1} {line.text.Trim()}",
        "Unfinished work, a skipped test or a sleep as synchronisation:");

    [Fact]
    public void NothingNamesTheMachineItWasWrittenOn() => Findings.MustBeEmpty(
        from path in Directory.EnumerateFiles(SourceTree.Root, "*", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(SourceTree.Root, path).Replace('\\', '/')
        where TextFile().IsMatch(relative) && !BuildOutput().IsMatch(relative)
        from line in File.ReadLines(path).Select((text, index) => (text, index))
        where MachinePath().IsMatch(line.text)
        select $"{relative}:{line.index + 1} {line.text.Trim()}",
        "A path of one machine:");

    private static string NameOf(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.ValueText,
        DelegateDeclarationSyntax type => type.Identifier.ValueText,
        _ => throw new ArgumentException(node.Kind().ToString(), nameof(node)),
    };

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Utility)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|\bThread\.Sleep\(|\bTask\.Delay\(|\[(Fact|Theory)\([^)]*Skip")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\.(cs|csproj|props|targets|md|json|yml|yaml|sh|py|txt)$|^\.ci/")]
    private static partial Regex TextFile();

    [GeneratedRegex(@"(^|/)(bin|obj|TestResults|artifacts|\.git)/")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"(^|[^A-Za-z0-9_.])/(w[o]rk|f[a]rm|root|home)/")]
    private static partial Regex MachinePath();
}
