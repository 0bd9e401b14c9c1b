using System.Reflection;
using System.Text.RegularExpressions;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>The names of spans, events and errors.</summary>
public sealed partial class NameTests
{
    [Fact]
    public void EveryStatusHasANameOfItsOwnByTheStandardsNumber()
    {
        var statuses = Enum.GetValues<WorkCompletionStatus>();
        Assert.Equal(statuses.Length, ErrorTypes.Count);
        Assert.Equal(statuses.Length, statuses.Select(s => ErrorTypes.Name((int)s)).Distinct().Count());
        Assert.All(statuses, s => Assert.Equal((int)s, ErrorTypes.Find(ErrorTypes.Name((int)s))));
        Assert.Equal("retry_exceeded_error", ErrorTypes.Name((int)WorkCompletionStatus.RetryExceededError));
        Assert.Throws<ArgumentOutOfRangeException>(() => ErrorTypes.Name(ErrorTypes.Count));
        Assert.Equal(-1, ErrorTypes.Find("no such status"));
    }

    [Fact]
    public void NamesAreLowerCaseWithDotsAndUnderscores() => Assert.All(
        new[] { typeof(AttributeNames), typeof(SpanEventNames), typeof(OperationNames) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Select(field => (string)field.GetRawConstantValue()!),
        name => Assert.Matches(Spelling(), name));

    [Theory]
    [InlineData("send", "10.0.0.2", "send 10.0.0.2")]
    [InlineData("bind", "", "bind")]
    public void ASpanNamesItsPeerWhereItHasOne(string operation, string peer, string name) =>
        Assert.Equal(name, SpanNames.WithPeer(operation, peer));

    [GeneratedRegex(@"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]
    private static partial Regex Spelling();
}
