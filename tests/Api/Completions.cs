using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Makes completions to push.</summary>
internal static class Completions
{
    public static WorkCompletion Of(ulong id, WorkCompletionStatus status = WorkCompletionStatus.Success) =>
        new() { WorkRequestId = id, Status = status, QueuePairNumber = (uint)(id >> 32), ByteLength = (uint)id };

    public static ulong[] PollAll(CompletionQueue queue)
    {
        var ids = new List<ulong>();
        var batch = new WorkCompletion[7];
        for (int count = queue.Poll(batch); count != 0; count = queue.Poll(batch))
            ids.AddRange(batch.Take(count).Select(c => c.WorkRequestId));
        return [.. ids];
    }
}
