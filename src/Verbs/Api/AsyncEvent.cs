namespace RdmaPipeline.Verbs;

/// <summary>What happened outside any work request. Affiliated events carry their object, the others the port or nothing.</summary>
/// <param name="Type">What happened.</param>
/// <param name="QueuePair">The queue pair concerned, for types 1 to 7 and 16.</param>
/// <param name="CompletionQueue">The completion queue concerned, for type 0.</param>
/// <param name="Port">The port concerned, or 0.</param>
public readonly record struct AsyncEvent(AsyncEventType Type, QueuePair? QueuePair, CompletionQueue? CompletionQueue, int Port)
{
    /// <summary>The shared receive queue concerned, for types 14 and 15.</summary>
    public SharedReceiveQueue? SharedReceiveQueue { get; init; }
}
