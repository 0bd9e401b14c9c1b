using RdmaPipeline.Verbs;

namespace RdmaPipeline.Samples.Export;

/// <summary>Writes 64 KiB into the memory of the other device, a hundred times a second.</summary>
internal sealed class SteadyWrites(
    [FromKeyedServices("writer")] RdmaDevice writer, [FromKeyedServices("memory")] RdmaDevice memory) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (sender, target) = (writer.CreateProtectionDomain(), memory.CreateProtectionDomain());
        var source = sender.AllocateMemory(65536);
        var sink = target.AllocateMemory(65536, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
        var (sent, unused) = (writer.CreateCompletionQueue(16), memory.CreateCompletionQueue(1));
        var left = sender.CreateQueuePair(new() { SendCompletionQueue = sent, ReceiveCompletionQueue = sent });
        var right = target.CreateQueuePair(new() { SendCompletionQueue = unused, ReceiveCompletionQueue = unused });
        left.ConnectTo(right.LocalEndpoint);
        right.ConnectTo(left.LocalEndpoint);

        var done = new WorkCompletion[1];
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            left.PostSend(new SendWorkRequest
            {
                Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = source.Entry(),
                RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey,
            });
            await sent.PollAsync(done, stoppingToken);
        }
    }
}
