namespace RdmaPipeline.Verbs;

/// <summary>A verb that failed. The message names the field, its value, the limit and what to do about it.</summary>
public sealed class RdmaException : Exception
{
    /// <summary>Makes an exception for one failed verb.</summary>
    /// <param name="errno">The reason in the terms of the standard.</param>
    /// <param name="message">Names the field, its value and the limit.</param>
    public RdmaException(VerbsErrno errno, string message)
        : base($"{message} ({errno})") => Errno = errno;

    /// <summary>Makes an exception for one failed verb, caused by another exception.</summary>
    /// <param name="errno">The reason in the terms of the standard.</param>
    /// <param name="message">Names the field, its value and the limit.</param>
    /// <param name="innerException">The cause.</param>
    public RdmaException(VerbsErrno errno, string message, Exception innerException)
        : base($"{message} ({errno})", innerException) => Errno = errno;

    /// <summary>The same failure within a list of work requests.</summary>
    internal RdmaException(RdmaException bad, int badIndex)
        : base($"work request {badIndex} of the list: {bad.Message}", bad)
    {
        Errno = bad.Errno;
        BadIndex = badIndex;
    }

    /// <summary>The reason in the terms of the standard.</summary>
    public VerbsErrno Errno { get; }

    /// <summary>
    /// For a list of work requests: the index of the first request that was not posted (the standard's <c>bad_wr</c>);
    /// those before it stay posted (R-REQ-60). <c>-1</c> elsewhere.
    /// </summary>
    public int BadIndex { get; internal init; } = -1;

    internal static RdmaException Invalid(string message) => new(VerbsErrno.EINVAL, message);
}
