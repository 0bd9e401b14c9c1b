using System.Reflection;
using RdmaPipeline.Backends;
using RdmaPipeline.Verbs;
using Xunit.Abstractions;

namespace RdmaPipeline.ApiTests.Table;

/// <summary>
/// Every function of verbs.md 9 and 10 has a public member, and a test that calls it; none lives in a back-end (R-VERB-20).
/// </summary>
public sealed class VerbTableTests(ITestOutputHelper output)
{
    private static readonly Type[] Public =
    [
        .. typeof(RdmaDevice).Assembly.GetExportedTypes(),
        .. typeof(RdmaPipelineDevice).Assembly.GetExportedTypes(),
    ];

    [Fact]
    public void TheTablesAreWholeAsTheSpecificationCountsThem()
    {
        Assert.Equal(24, VerbTable.Generic.Select(verb => verb.Function).Distinct().Count());
        Assert.Equal(21, VerbTable.Mandatory.Select(verb => verb.Function).Distinct().Count());
    }

    [Fact]
    public void EveryFunctionHasItsPublicMembers() =>
        Assert.Empty(VerbTable.All.Where(verb => !verb.Members.All(Exists)).Select(verb => verb.Function));

    [Fact]
    public void EveryMemberIsCalledByATest()
    {
        ILookup<string, string> called = CalledMembers.In(typeof(VerbTableTests).Assembly);
        var without = new List<string>();
        foreach (Verb verb in VerbTable.All)
        {
            foreach (string member in verb.Members)
            {
                string[] tests = [.. called[member].Order(StringComparer.Ordinal)];
                output.WriteLine($"{verb.Function,-20} {member,-36} {string.Join(", ", tests)}");
                if (tests.Length == 0)
                    without.Add($"{verb.Function}: no test calls {member}");
            }
        }
        Assert.Empty(without);
    }

    // The reader itself: what it must find, and what it must not.
    [Fact]
    public void TheReaderOfCompiledTestsSeesCallsAndTellsTypesApart()
    {
        ILookup<string, string> called = CalledMembers.In(typeof(VerbTableTests).Assembly);
        Assert.Contains(nameof(CompletionQueueTests), called["CompletionQueue.Resize"]);
        Assert.Contains(nameof(NotificationTests), called["CompletionChannel.GetEventAsync"]);
        Assert.DoesNotContain(nameof(GidTests), called["CompletionQueue.Resize"]);
        Assert.Empty(called["QueuePair.Resize"]);
    }

    [Fact]
    public void NoBackEndImplementsAVerb()
    {
        Assembly backends = typeof(IPacketBackend).Assembly;

        // What cannot see the verbs cannot implement one.
        string?[] seen = [.. backends.GetReferencedAssemblies().Select(name => name.Name)];
        Assert.DoesNotContain("RdmaPipeline.Verbs", seen);
        Assert.DoesNotContain("RdmaPipeline.Protocol", seen);
        Assert.DoesNotContain("RdmaPipeline.Transport", seen);
        string[] names = [.. VerbTable.All.SelectMany(verb => verb.Members).Select(Name).Distinct().Where(IsTelling)];
        Assert.Contains("CreateQueuePair", names);
        Assert.Empty(
            from type in backends.GetTypes()
            from method in type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance)
            where names.Contains(method.Name)
            select $"{type.Name}.{method.Name}");
    }

    private static bool Exists(string member) =>
        Public.Any(type => member.StartsWith(type.Name + ".", StringComparison.Ordinal) && type.GetMember(Name(member)).Length != 0);

    private static string Name(string member) => member[(member.IndexOf('.', StringComparison.Ordinal) + 1)..];

    // A name of one word, as Dispose or Poll, means other things too.
    private static bool IsTelling(string name) => name.Skip(1).Any(char.IsUpper);
}
