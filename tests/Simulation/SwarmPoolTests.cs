using RdmaPipeline.Backends;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Model;
using RdmaPipeline.Testing.Swarm;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests;

/// <summary>
/// What the audit of credits takes for posted. Swarm seed 568397798727 found "1 credits with 1 receives posted and 1 taken": the device had
/// taken a receive whose post had not returned yet.
/// </summary>
public sealed class SwarmPoolTests
{
    private const ulong Seeds = 60;

    [Fact] // R-CQ-19, R-RESP-35: a post in ERR waits for the flush, and what the responder still owes may leave meanwhile.
    public void ReceiveCountsWhileItIsBeingPosted()
    {
        var granted = 0;
        for (ulong seed = 1; seed <= Seeds; seed++) granted += GrantedWhilePosting(seed);
        // Otherwise no answer left at the moment that this is about.
        Assert.InRange(granted, 1, int.MaxValue);
    }

    // How many answers granted a receive while it was being posted.
    private static int GrantedWhilePosting(ulong seed)
    {
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = seed });
        var options = new FabricHostOptions { Preset = PipelinePreset.Simulated };
        var (left, right) = (fabric.AddHost("left", options), fabric.AddHost("right", options));
        fabric.Connect(left, right, LinkOptions.Perfect);
        var plan = SwarmPlan.Draw(seed) with { Capabilities = new QueuePairCapabilities() };
        var (requester, responder) = (new Side(left, plan), new Side(right, plan));
        requester.QueuePair.ConnectTo(responder.QueuePair.LocalEndpoint);
        responder.QueuePair.ConnectTo(requester.QueuePair.LocalEndpoint);
        // It is executed and owed an answer; what follows it is refused, and the queue pair goes to ERR.
        requester.Post(SendOpcode.FetchAndAdd, responder, responder.Device.Atomics.Region.RemoteKey);
        requester.Post(SendOpcode.RdmaWrite, responder, SwarmMischief.NoSuchKey);
        fabric.RunUntil(() => responder.QueuePair.State == QueuePairState.Error);

        var granted = 0;
        fabric.PacketSent += packet =>
        {
            if (packet.Source != right || !packet.TryView(out var view) || !view.Traits.Has(HeaderLayout.Aeth)) return;
            var aeth = view.Aeth;
            if (aeth.Kind != AethKind.Ack || aeth.Code == 0) return;
            granted++;
            Assert.True(aeth.Code <= responder.Pool.Posted, $"seed {seed}: {packet} grants more than {responder.Pool.Posted}");
        };
        Assert.True(responder.Pool.Post());
        Assert.Equal(1, responder.Pool.Posted);
        fabric.RunUntilQuiet();
        return granted;
    }

    private sealed class Side
    {
        private ulong _posted;

        public Side(FabricHost host, SwarmPlan plan)
        {
            Device = new SwarmDevice(host.Device, plan, new SplitMix(plan.Seed));
            QueuePair = Device.Domain.CreateQueuePair(new QueuePairInitAttributes
            {
                SendCompletionQueue = Device.SendQueue, ReceiveCompletionQueue = Device.ReceiveQueue,
            });
            Pool = new SwarmPool(Device, new ModelQueuePair(Device.Model, QueuePair, new ModelRules()));
        }

        public SwarmDevice Device { get; }

        public QueuePair QueuePair { get; }

        public SwarmPool Pool { get; }

        public void Post(SendOpcode opcode, Side target, uint key) => QueuePair.PostSend(new SendWorkRequest
        {
            WorkRequestId = _posted++, Opcode = opcode, Entry = Device.Atomics.Region.Entry(0, sizeof(ulong)),
            RemoteAddress = target.Device.Atomics.Region.Address, RemoteKey = key,
        });
    }
}
