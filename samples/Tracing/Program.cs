using System.Diagnostics;
using RdmaPipeline;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

// Any listener will do; OpenTelemetry's is added by AddRdmaPipelineInstrumentation().
using var listener = new ActivityListener
{
    ShouldListenTo = source => source.Name == RdmaPipelineTelemetry.SourceName,
    Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
    ActivityStopped = span => Console.WriteLine($"{span.DisplayName}, {span.Duration.TotalMicroseconds} µs {span.StatusDescription}"),
};
ActivitySource.AddActivityListener(listener);

var options = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 1 } };   // every message; by default 1 in 1024
using var alice = RdmaPipelineDevice.Open("mem://tracing/alice", options);
using var bob = RdmaPipelineDevice.Open("mem://tracing/bob", options);
var (sender, target) = (alice.CreateProtectionDomain(), bob.CreateProtectionDomain());
var source = sender.RegisterMemory(new byte[4096]);
var sink = target.AllocateMemory(4096, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
var (sent, received) = (alice.CreateCompletionQueue(16), bob.CreateCompletionQueue(16));
var left = sender.CreateQueuePair(new() { SendCompletionQueue = sent, ReceiveCompletionQueue = sent });
var right = target.CreateQueuePair(new() { SendCompletionQueue = received, ReceiveCompletionQueue = received });
left.ConnectTo(right.LocalEndpoint);
right.ConnectTo(left.LocalEndpoint);

var done = new WorkCompletion[1];
foreach (uint key in new[] { sink.RemoteKey, sink.RemoteKey + 1 })                       // the second one is wrong
{
    left.PostSend(new SendWorkRequest
    {
        Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = source.Entry(),
        RemoteAddress = sink.Address, RemoteKey = key,
    });
    await sent.PollAsync(done);
}
return done[0].Status == WorkCompletionStatus.RemoteAccessError ? 0 : 1;
