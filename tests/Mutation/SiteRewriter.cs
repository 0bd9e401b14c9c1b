using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace RdmaPipeline.Mutation;

/// <summary>
/// Puts every mutant of a file behind a question whether it is the active one: of an expression <c>a + b</c> comes
/// <c>Is(7) ? a - b : a + b</c>, of a statement <c>if (!Is(8)) statement;</c>.
/// </summary>
/// <param name="model">Knows types and symbols of the file.</param>
/// <param name="file">Its path below the room.</param>
/// <param name="catalogue">Gives numbers, and says which mutants do not compile.</param>
internal sealed class SiteRewriter(SemanticModel model, string file, MutantCatalogue catalogue) : CSharpSyntaxRewriter
{
    /// <summary>The kind of annotation that carries a mutant's number.</summary>
    public const string Annotation = "mutant";

    public override SyntaxNode? Visit(SyntaxNode? node)
    {
        if (node is null || IsFixed(node)) return node;
        var visited = base.Visit(node)!;
        return node switch
        {
            ExpressionStatementSyntax statement => Guard(statement, (StatementSyntax)visited),
            ReturnStatementSyntax { Expression: null } statement => Guard(statement, (StatementSyntax)visited),
            ExpressionSyntax expression when IsValue(expression) => Choose(expression, (ExpressionSyntax)visited),
            _ => visited,
        };
    }

    // Constants must stay constants; texts of exceptions and assertions of impossible states are no behaviour.
    private static bool IsFixed(SyntaxNode node) => node switch
    {
        AttributeListSyntax or EnumMemberDeclarationSyntax or SwitchLabelSyntax or PatternSyntax or ThrowStatementSyntax
            or ThrowExpressionSyntax or InterpolatedStringExpressionSyntax or ParameterSyntax or TypeSyntax and not NameSyntax => true,
        FieldDeclarationSyntax field => field.Modifiers.Any(SyntaxKind.ConstKeyword),
        LocalDeclarationStatementSyntax local => local.IsConst,
        ExpressionStatementSyntax { Expression: InvocationExpressionSyntax call } => IsFixed(call),
        InvocationExpressionSyntax call => call.Expression.ToString() is "Invariant.That" or "nameof",
        _ => false,
    };

    // A variable that is changed or referred to is not a value, nor is a name that is no expression.
    private static bool IsValue(ExpressionSyntax expression) => expression.Parent switch
    {
        AssignmentExpressionSyntax assignment => assignment.Right == expression,
        ArgumentSyntax argument => argument.RefKindKeyword.IsKind(SyntaxKind.None),
        RefExpressionSyntax => false,
        ExpressionStatementSyntax => false,
        ForStatementSyntax loop => loop.Condition == expression,
        _ => true,
    };

    private ExpressionSyntax Choose(ExpressionSyntax original, ExpressionSyntax rewritten)
    {
        var result = rewritten;
        foreach (var (kind, value) in Replacements.Of(original))
        {
            var type = model.GetTypeInfo(original);
            if (!FitsType(kind, original, type) || catalogue.Add(file, original, kind, value) is not { } id) continue;
            var mutated = Replacements.Embrace(value).WithAdditionalAnnotations(new SyntaxAnnotation(Annotation, $"{id}"));
            ExpressionSyntax choice = ConditionalExpression(Question(id), mutated, Replacements.Embrace(result));
            if (IsNarrowed(original, type))
                choice = CastExpression(ParseTypeName(type.ConvertedType!.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)),
                    Replacements.Embrace(choice));
            result = Replacements.Embrace(choice).WithAdditionalAnnotations(new SyntaxAnnotation(Annotation, $"{id}"));
        }

        return result == rewritten ? rewritten : result.WithTriviaFrom(original);
    }

    private StatementSyntax Guard(StatementSyntax original, StatementSyntax rewritten)
    {
        var result = rewritten;
        var expression = (original as ExpressionStatementSyntax)?.Expression;
        if (expression is not null && Replacements.Swap(expression) is { } swapped
            && catalogue.Add(file, original, "operator", swapped) is { } other)
        {
            var mutated = ExpressionStatement(swapped).WithAdditionalAnnotations(new SyntaxAnnotation(Annotation, $"{other}"));
            result = IfStatement(Question(other), Block(mutated), ElseClause(Block(result)))
                .WithAdditionalAnnotations(new SyntaxAnnotation(Annotation, $"{other}"));
        }

        if (!AssignsLocal(expression) && catalogue.Add(file, original, "statement dropped", null) is { } id)
        {
            result = IfStatement(PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, Question(id)), Block(result))
                .WithAdditionalAnnotations(new SyntaxAnnotation(Annotation, $"{id}"));
        }

        return result == rewritten ? rewritten : result.WithTriviaFrom(original);
    }

    // Without it the compiler finds the variable unassigned.
    private bool AssignsLocal(ExpressionSyntax? expression) => expression is AssignmentExpressionSyntax assignment
        && assignment.Left.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Any(name =>
            name.Parent is AssignmentExpressionSyntax or ArgumentSyntax
            && model.GetSymbolInfo(name).Symbol is ILocalSymbol { RefKind: RefKind.None } or IParameterSymbol { RefKind: RefKind.Out });

    private static bool FitsType(string kind, ExpressionSyntax original, TypeInfo type) =>
        kind is "negated" or "operand dropped" ? type.Type?.SpecialType == SpecialType.System_Boolean
        : original is not BinaryExpressionSyntax || type.Type?.SpecialType != SpecialType.System_String;

    private static bool IsNarrowed(ExpressionSyntax original, TypeInfo type) =>
        original is LiteralExpressionSyntax && type.ConvertedType is { IsValueType: true } converted
        && !SymbolEqualityComparer.Default.Equals(type.Type, converted);

    private static ExpressionSyntax Question(int id) => ParseExpression($"{MutationSwitch.Call}({id})");
}
