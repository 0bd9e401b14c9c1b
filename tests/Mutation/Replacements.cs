using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace RdmaPipeline.Mutation;

/// <summary>What may stand in the place of an expression: the operators of mutation, without regard to where it stands.</summary>
internal static class Replacements
{
    private static readonly Dictionary<SyntaxKind, SyntaxKind[]> Binary = new()
    {
        [SyntaxKind.AddExpression] = [SyntaxKind.SubtractExpression],
        [SyntaxKind.SubtractExpression] = [SyntaxKind.AddExpression],
        [SyntaxKind.MultiplyExpression] = [SyntaxKind.DivideExpression],
        [SyntaxKind.DivideExpression] = [SyntaxKind.MultiplyExpression],
        [SyntaxKind.ModuloExpression] = [SyntaxKind.MultiplyExpression],
        [SyntaxKind.LeftShiftExpression] = [SyntaxKind.RightShiftExpression],
        [SyntaxKind.RightShiftExpression] = [SyntaxKind.LeftShiftExpression],
        [SyntaxKind.BitwiseAndExpression] = [SyntaxKind.BitwiseOrExpression],
        [SyntaxKind.BitwiseOrExpression] = [SyntaxKind.BitwiseAndExpression],
        [SyntaxKind.ExclusiveOrExpression] = [SyntaxKind.BitwiseAndExpression],
        [SyntaxKind.LessThanExpression] = [SyntaxKind.LessThanOrEqualExpression, SyntaxKind.GreaterThanOrEqualExpression],
        [SyntaxKind.LessThanOrEqualExpression] = [SyntaxKind.LessThanExpression, SyntaxKind.GreaterThanExpression],
        [SyntaxKind.GreaterThanExpression] = [SyntaxKind.GreaterThanOrEqualExpression, SyntaxKind.LessThanOrEqualExpression],
        [SyntaxKind.GreaterThanOrEqualExpression] = [SyntaxKind.GreaterThanExpression, SyntaxKind.LessThanExpression],
        [SyntaxKind.EqualsExpression] = [SyntaxKind.NotEqualsExpression],
        [SyntaxKind.NotEqualsExpression] = [SyntaxKind.EqualsExpression],
    };

    private static readonly Dictionary<SyntaxKind, SyntaxKind> Compound = new()
    {
        [SyntaxKind.AddAssignmentExpression] = SyntaxKind.SubtractAssignmentExpression,
        [SyntaxKind.SubtractAssignmentExpression] = SyntaxKind.AddAssignmentExpression,
        [SyntaxKind.AndAssignmentExpression] = SyntaxKind.OrAssignmentExpression,
        [SyntaxKind.OrAssignmentExpression] = SyntaxKind.AndAssignmentExpression,
        [SyntaxKind.LeftShiftAssignmentExpression] = SyntaxKind.RightShiftAssignmentExpression,
        [SyntaxKind.RightShiftAssignmentExpression] = SyntaxKind.LeftShiftAssignmentExpression,
        [SyntaxKind.PostIncrementExpression] = SyntaxKind.PostDecrementExpression,
        [SyntaxKind.PostDecrementExpression] = SyntaxKind.PostIncrementExpression,
        [SyntaxKind.PreIncrementExpression] = SyntaxKind.PreDecrementExpression,
        [SyntaxKind.PreDecrementExpression] = SyntaxKind.PreIncrementExpression,
    };

    /// <summary>The replacements of a value, each with its kind.</summary>
    public static IEnumerable<(string Kind, ExpressionSyntax Value)> Of(ExpressionSyntax expression)
    {
        switch (expression)
        {
            case BinaryExpressionSyntax binary when Binary.TryGetValue(binary.Kind(), out var others):
                foreach (var kind in others)
                    yield return ("operator", BinaryExpression(kind, binary.Left, binary.Right));
                break;
            case PrefixUnaryExpressionSyntax unary when unary.Kind() is SyntaxKind.LogicalNotExpression
                or SyntaxKind.UnaryMinusExpression or SyntaxKind.BitwiseNotExpression:
                yield return ("operator dropped", unary.Operand);
                break;
            case PrefixUnaryExpressionSyntax or PostfixUnaryExpressionSyntax when Swap(expression) is { } swapped:
                yield return ("operator", swapped);
                break;
            case LiteralExpressionSyntax literal when literal.Kind() is SyntaxKind.TrueLiteralExpression:
                yield return ("constant", LiteralExpression(SyntaxKind.FalseLiteralExpression));
                break;
            case LiteralExpressionSyntax literal when literal.Kind() is SyntaxKind.FalseLiteralExpression:
                yield return ("constant", LiteralExpression(SyntaxKind.TrueLiteralExpression));
                break;
            case LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.NumericLiteralExpression):
                yield return ("constant", ParseExpression($"{literal.Token.Text} + 1"));
                break;
            case InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax callee } call
                when callee.Name.Identifier.Text is "Min" or "Max":
                var other = callee.Name.Identifier.Text == "Min" ? "Max" : "Min";
                yield return ("method", call.WithExpression(callee.WithName(IdentifierName(other))));
                break;
        }

        if (IsLeafCondition(expression))
            yield return ("negated", PrefixUnaryExpression(SyntaxKind.LogicalNotExpression, Embrace(expression)));
        if (NeutralOperand(expression) is { } neutral) yield return ("operand dropped", neutral);
    }

    /// <summary>The opposite of an assignment with an operator, or of an increment; null for anything else.</summary>
    public static ExpressionSyntax? Swap(ExpressionSyntax expression) => expression switch
    {
        AssignmentExpressionSyntax a when Compound.TryGetValue(a.Kind(), out var other) => AssignmentExpression(other, a.Left, a.Right),
        PostfixUnaryExpressionSyntax p when Compound.TryGetValue(p.Kind(), out var other) => PostfixUnaryExpression(other, p.Operand),
        PrefixUnaryExpressionSyntax p when Compound.TryGetValue(p.Kind(), out var other) => PrefixUnaryExpression(other, p.Operand),
        _ => null,
    };

    /// <summary>The expression in parentheses.</summary>
    public static ExpressionSyntax Embrace(ExpressionSyntax expression) => ParenthesizedExpression(expression.WithoutTrivia());

    // A condition that is no comparison and no operator: what is asked is the opposite.
    private static bool IsLeafCondition(ExpressionSyntax expression) =>
        expression
            is InvocationExpressionSyntax or IdentifierNameSyntax or MemberAccessExpressionSyntax or IsPatternExpressionSyntax
        && expression.Parent switch
        {
            IfStatementSyntax { Condition: var c } => c == expression,
            WhileStatementSyntax { Condition: var c } => c == expression,
            ConditionalExpressionSyntax { Condition: var c } => c == expression,
            ReturnStatementSyntax or ArrowExpressionClauseSyntax => true,
            _ => false,
        };

    private static ExpressionSyntax? NeutralOperand(ExpressionSyntax expression) => expression.Parent switch
    {
        BinaryExpressionSyntax parent when parent.Kind() is SyntaxKind.LogicalAndExpression && !expression.IsKind(parent.Kind()) =>
            LiteralExpression(SyntaxKind.TrueLiteralExpression),
        BinaryExpressionSyntax parent when parent.Kind() is SyntaxKind.LogicalOrExpression && !expression.IsKind(parent.Kind()) =>
            LiteralExpression(SyntaxKind.FalseLiteralExpression),
        _ => null,
    };
}
