using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>A stream whose connection has ended before its time.</summary>
public sealed class RdmaStreamException : IOException
{
    internal RdmaStreamException(string message, WorkCompletionStatus? status = null, Exception? cause = null)
        : base(message, cause) => Status = status;

    /// <summary>How the work request ended that failed first; null where none did, as when the peer has closed.</summary>
    public WorkCompletionStatus? Status { get; }

    internal static RdmaStreamException Of(WorkCompletionStatus status) => new(
        status switch
        {
            WorkCompletionStatus.RetryExceededError => $"the peer does not answer any more ({status})",
            WorkCompletionStatus.WorkRequestFlushedError => $"the connection was ended from outside the stream ({status})",
            _ => $"the connection has failed ({status})",
        },
        status);
}
