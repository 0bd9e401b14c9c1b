namespace RdmaPipeline.Verbs;

/// <summary>What a new completion queue shall be (create_cq_ex).</summary>
public sealed record CompletionQueueOptions
{
    /// <summary>Completions it shall hold, 1 to <see cref="DeviceAttributes.MaxCompletionQueueEntries"/>.</summary>
    public required int Capacity { get; init; }

    /// <summary>Where its notifications go; a queue that is only polled or awaited needs none.</summary>
    public CompletionChannel? Channel { get; init; }

    /// <summary>0 to <see cref="DeviceAttributes.CompletionVectors"/> − 1.</summary>
    public int CompletionVector { get; init; }

    /// <summary>Anything to find again at <see cref="CompletionQueue.UserContext"/>.</summary>
    public object? UserContext { get; init; }

    /// <summary>
    /// Each completion gets the time at which it was made, on the clock of <see cref="RdmaDevice.ReadClock"/>;
    /// <see cref="CompletionReader.Timestamp"/> gives it. Costs one reading of the clock a completion.
    /// </summary>
    public bool Timestamps { get; init; }
}
