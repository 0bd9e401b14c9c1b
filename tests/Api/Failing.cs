using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Asserts that a verb fails as the standard says and that its message helps.</summary>
internal static class Failing
{
    public static RdmaException With(VerbsErrno errno, Action verb, params string[] mentions)
    {
        RdmaException error = Assert.Throws<RdmaException>(verb);
        Assert.Equal(errno, error.Errno);
        Assert.All(mentions, word => Assert.Contains(word, error.Message, StringComparison.OrdinalIgnoreCase));
        return error;
    }
}
