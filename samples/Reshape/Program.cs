using RdmaPipeline;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

using var a = RdmaPipelineDevice.Open("mem://reshape/a");
using var b = RdmaPipelineDevice.Open("mem://reshape/b");
using var stop = new CancellationTokenSource();
var load = Task.Run(() => SendNumbers(a, b, stop.Token));

var pipeline = b.GetPipeline();
var counter = new Counter();
await pipeline.ReconfigureAsync(graph => graph
    .InsertAfter(StageNames.Decode, _ => counter)                              // a stage of our own
    .Resize(StageNames.Dispatch, 256));
await pipeline.ReconfigureAsync(graph => graph.WithPreset(PipelinePreset.Fused));
await pipeline.ReconfigureAsync(graph => graph.Drive(shard: 0, ShardDriverKind.Dedicated));
try
{
    await pipeline.ReconfigureAsync(graph => graph.Remove(StageNames.Decode).Resize("counter", 0));
}
catch (StageGraphException refused)
{
    foreach (var error in refused.Errors)                                       // all of them, and the graph has not noticed
        Console.WriteLine($"refused: {error}");
}
await pipeline.RollbackAsync(revision: 1);                                      // as it was opened

stop.Cancel();
Console.WriteLine($"{await load} datagrams, none lost or out of order, {counter.Packets} of them counted, while the graph went through");
foreach (var revision in pipeline.Revisions)
    Console.WriteLine(revision);
return 0;

// Unreliable datagrams, which nobody repeats: each carries its number, and the next one follows when it has arrived.
static int SendNumbers(RdmaDevice from, RdmaDevice to, CancellationToken stop)
{
    using var sender = Open(from, out var source, out var sent);
    using var receiver = Open(to, out var sink, out var received);
    var gid = to.QueryGid(1, to.SelectGid());
    using var way = source.ProtectionDomain.CreateAddressHandle(
        new AddressVector { DestinationGid = gid, SourceGidIndex = from.SelectGid(1, gid) });
    var done = new WorkCompletion[1];
    for (var number = 0; ; number++)
    {
        receiver.PostReceive(new ReceiveWorkRequest { Entry = sink.Entry() });
        BitConverter.TryWriteBytes(source.AsSpan(0, 4), number);
        sender.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = source.Entry(0, 4),
            Address = way, RemoteQueuePair = receiver.Number, RemoteQueueKey = 7,
        });
        while (received.Poll(done) == 0)
            Thread.Yield();
        while (sent.Poll(done) == 0)
            Thread.Yield();
        if (BitConverter.ToInt32(sink.AsSpan(GlobalRouteHeader.Length, 4)) != number)
            throw new InvalidOperationException($"datagram {number} is lost");
        if (stop.IsCancellationRequested)
            return number + 1;
    }
}

static QueuePair Open(RdmaDevice device, out MemoryRegion memory, out CompletionQueue queue)
{
    var domain = device.CreateProtectionDomain();
    memory = domain.AllocateMemory(64);
    queue = device.CreateCompletionQueue(16);
    var pair = domain.CreateQueuePair(new()
    {
        Type = QueuePairType.UnreliableDatagram, SendCompletionQueue = queue, ReceiveCompletionQueue = queue,
    });
    pair.Activate(queueKey: 7);
    return pair;
}

internal sealed class Counter : PacketStage
{
    public long Packets { get; private set; }

    protected override void Process(ref PacketBurst burst) => Packets += burst.Count;
}
