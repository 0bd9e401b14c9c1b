using RdmaPipeline;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Samples.Reshape;
using RdmaPipeline.Transport;

using var a = RdmaPipelineDevice.Open("mem://reshape/a");
using var b = RdmaPipelineDevice.Open("mem://reshape/b");
using var stop = new CancellationTokenSource();
var load = Task.Run(() => NumberedDatagrams.Send(a, b, stop.Token));

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
Console.WriteLine($"{await load} datagrams, none lost or out of order, {counter.Packets} of them counted:");
foreach (var revision in pipeline.Revisions)
    Console.WriteLine(revision);
return 0;

internal sealed class Counter : PacketStage
{
    public long Packets { get; private set; }

    protected override void Process(ref PacketBurst burst) => Packets += burst.Count;
}
