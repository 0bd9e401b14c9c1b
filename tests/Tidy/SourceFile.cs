using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RdmaPipeline.TidyTests;

/// <summary>One C# file: its path from the root, its text and its syntax.</summary>
internal sealed record SourceFile(string Path, string Text, CompilationUnitSyntax Syntax)
{
    public IReadOnlyList<string> Lines { get; } = Text.Split('\n');

    public static SourceFile Parse(string relativePath)
    {
        var text = SourceTree.Read(relativePath);
        var options = new CSharpParseOptions(LanguageVersion.Preview, preprocessorSymbols: ["NET10_0_OR_GREATER"]);
        return new SourceFile(relativePath, text, (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(text, options).GetRoot());
    }

    /// <summary>Every identifier token in code: comments and strings do not count.</summary>
    public IEnumerable<(string Name, int Line)> Identifiers() =>
        Syntax.DescendantTokens().Where(t => t.IsKind(SyntaxKind.IdentifierToken)).Select(t => (t.ValueText, LineOf(t)));

    public IEnumerable<(string Value, int Line)> StringLiterals() =>
        Syntax.DescendantTokens()
            .Where(t => t.IsKind(SyntaxKind.StringLiteralToken) || t.IsKind(SyntaxKind.Utf8StringLiteralToken))
            .Select(t => (t.ValueText, LineOf(t)));

    public int LineOf(SyntaxNodeOrToken node) => node.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1;

    public string At(SyntaxNodeOrToken node) => $"{Path}:{LineOf(node)}";

    public override string ToString() => Path;
}
