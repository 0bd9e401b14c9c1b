using System.Collections.Concurrent;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests;

/// <summary>What one side of a run counted. Everything that was posted is accounted for in it.</summary>
internal sealed class LoadFigures
{
    /// <summary>Operations that ended well and whose bytes were right.</summary>
    public long Operations { get; set; }

    /// <summary>Payload of these operations.</summary>
    public long Bytes { get; set; }

    /// <summary>Messages acknowledged by the peer.</summary>
    public long MessagesSent { get; set; }

    /// <summary>Messages that arrived whole and in turn.</summary>
    public long MessagesReceived { get; set; }

    /// <summary>Bytes, immediate data, lengths or old values that were not what the plan says.</summary>
    public long Mismatches { get; set; }

    /// <summary>Work requests posted, and completions taken: the same in the end.</summary>
    public long Posted { get; set; }

    public long Completed { get; set; }

    /// <summary>Completions with an error, by status.</summary>
    public SortedDictionary<WorkCompletionStatus, long> Errors { get; set; } = [];

    public void Count(WorkCompletionStatus status) => Errors[status] = Errors.GetValueOrDefault(status) + 1;
}
