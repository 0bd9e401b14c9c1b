using System.Text;
using RdmaPipeline;
using RdmaPipeline.Verbs;

using var alice = RdmaPipelineDevice.Open("mem://quickstart/alice");      // or "udp://192.0.2.1"
using var bob = RdmaPipelineDevice.Open("mem://quickstart/bob");
var (sender, target) = (alice.CreateProtectionDomain(), bob.CreateProtectionDomain());
var source = sender.RegisterMemory("Hello, remote memory!"u8.ToArray());
var sink = target.AllocateMemory(21, AccessFlags.LocalWrite | AccessFlags.RemoteWrite);
var (sent, received) = (alice.CreateCompletionQueue(16), bob.CreateCompletionQueue(16));
var left = sender.CreateQueuePair(new() { SendCompletionQueue = sent, ReceiveCompletionQueue = sent });
var right = target.CreateQueuePair(new() { SendCompletionQueue = received, ReceiveCompletionQueue = received });
left.ConnectTo(right.LocalEndpoint);
right.ConnectTo(left.LocalEndpoint);

left.PostSend(new SendWorkRequest
{
    Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = source.Entry(),
    RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey,
});
var done = new WorkCompletion[1];
await sent.PollAsync(done);
Console.WriteLine($"{done[0].Opcode} {done[0].Status}: {Encoding.UTF8.GetString(sink.Memory.Span)}");
return done[0].Status == WorkCompletionStatus.Success ? 0 : 1;
