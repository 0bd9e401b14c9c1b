using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Testing;

/// <summary>The command that runs a test again with a seed.</summary>
internal static class ReplayCommand
{
    // Of xunit, NUnit and MSTest; attributes derived from them end alike.
    private static readonly string[] TestAttributes = ["FactAttribute", "TheoryAttribute", "TestAttribute", "TestMethodAttribute"];

    public static string For(ulong seed, string? test) =>
        $"{RdmaTestSeeds.Variable}={seed} dotnet test" + (test is null ? "" : $" --filter \"FullyQualifiedName={test}\"");

    /// <summary>The full name of the test method that is running on this thread; null when there is none.</summary>
    public static string? FindTest() => new StackTrace().GetFrames().Select(frame => frame.GetMethod()).OfType<MethodInfo>()
        .Select(Original).Where(IsTest).Select(method => $"{method.DeclaringType!.FullName}.{method.Name}").FirstOrDefault();

    // An async method runs as the MoveNext of a type of its own, which the method names in an attribute.
    private static MethodInfo Original(MethodInfo method)
    {
        var type = method.DeclaringType;
        return type?.DeclaringType?.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .FirstOrDefault(m => m.GetCustomAttribute<StateMachineAttribute>()?.StateMachineType == type) ?? method;
    }

    private static bool IsTest(MethodInfo method) => method.DeclaringType is not null && method.GetCustomAttributesData()
        .Any(data => TestAttributes.Any(name => data.AttributeType.Name.EndsWith(name, StringComparison.Ordinal)));
}
