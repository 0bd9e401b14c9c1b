using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The special queue pairs.</summary>
[Collection(DeviceCollection.Name)]
public class GeneralServicesTests
{
    private const int Mad = 256;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory] // R-REQ-58, R-WIRE-27, R-WIRE-29.
    [MemberData(nameof(Setups))]
    public void ManagementDatagramsTravel(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        // A device that talks to itself has one queue pair 1 for both ends.
        var a = pair.Datagrams(pair.DomainA, pair.QueueA, 0, QueuePairType.Gsi);
        var b = pair.A == pair.B ? a : pair.Datagrams(pair.DomainB, pair.QueueB, 0, QueuePairType.Gsi);
        Assert.Equal((1u, 1u), (a.Number, b.Number));
        using var local = pair.DomainA.AllocateMemory(Mad);
        using var remote = b.ProtectionDomain.AllocateMemory(40 + Mad, DevicePair.FullAccess);
        using var way = DevicePair.Way(pair.DomainA, pair.B);
        Pattern.Fill(local.AsSpan(0, Mad), 3);
        b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = remote.Entry() });
        a.PostSend(new SendWorkRequest
        {
            WorkRequestId = 2, Opcode = SendOpcode.Send, Entry = local.Entry(), Address = way, RemoteQueuePair = 1,
            RemoteQueueKey = 0x8001_0000,
        });
        var received = Receive(pair, b);
        Assert.Equal((1UL, 40u + Mad, 1u, 0), (received.WorkRequestId, received.ByteLength, received.SourceQueuePair, received.PkeyIndex));
        Assert.True(Pattern.Matches(remote.AsSpan(40, Mad), 3));
    }

    [Theory] // verbs.md section 6: one on each port.
    [MemberData(nameof(Setups))]
    public void APortHasOne(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var first = pair.Datagrams(pair.DomainA, pair.QueueA, 0, QueuePairType.Gsi);
        var error = Assert.Throws<RdmaException>(() => pair.Datagrams(pair.DomainA, pair.QueueA, 0, QueuePairType.Gsi));
        Assert.Equal(VerbsErrno.EINVAL, error.Errno);
        Assert.Equal(1, pair.A.QueuePairCount);
        first.Dispose();
        Assert.Equal(1u, pair.Datagrams(pair.DomainA, pair.QueueA, 0, QueuePairType.Gsi).Number);
    }

    [Theory] // R-WIRE-5, verbs.md section 6.
    [InlineData(QueuePairType.Smi)]
    [InlineData(QueuePairType.RawPacket)]
    public void WhatTheLinkDoesNotCarryIsNotOffered(QueuePairType type)
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        var error = Assert.Throws<RdmaException>(() => pair.Datagrams(pair.DomainA, pair.QueueA, 0, type));
        Assert.Equal(VerbsErrno.EOPNOTSUPP, error.Errno);
    }

    /// <summary>
    /// Where the link carries subnet management there is a queue pair 0; neither key is checked (R-WIRE-27, R-WIRE-29). A port that has no
    /// LID yet answers to the permissive one, by a directed route without hops (R-WIRE-32, R-BE-52).
    /// </summary>
    [Theory]
    [InlineData("", 0x01)]
    [InlineData("&sm=off", 0x81)]
    public void SubnetManagementHasQueuePair0(string options, byte managementClass)
    {
        using var device = RdmaPipelineDevice.Open($"mem://fabric-{Guid.NewGuid():n}/a?link=ib{options}");
        var (domain, queue) = (device.CreateProtectionDomain(), device.CreateCompletionQueue(8));
        var smi = domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = QueuePairType.Smi, SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SignalAll = true,
        });
        smi.Activate(0);
        var (source, sink) = (domain.AllocateMemory(Mad), domain.AllocateMemory(40 + Mad));
        Pattern.Fill(source.AsSpan(0, Mad), 4);
        source.AsSpan(1, 1)[0] = managementClass;
        source.AsSpan(6, 2).Clear();
        ushort lid = device.QueryPort().Lid;
        var own = domain.CreateAddressHandle(new AddressVector { IsGlobal = false, DestinationLid = lid == 0 ? (ushort)0xFFFF : lid });
        smi.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = sink.Entry() });
        smi.PostSend(new SendWorkRequest
        {
            WorkRequestId = 2, Opcode = SendOpcode.Send, Entry = source.Entry(), Address = own, RemoteQueueKey = 5,
        });
        var done = new WorkCompletion[2];
        long deadline = Environment.TickCount64 + 60_000;
        for (int count = 0; count < 2; count += queue.Poll(done.AsSpan(count)))
            Assert.True(Environment.TickCount64 < deadline, "no completion came");
        Assert.Equal(0u, smi.Number);
        Assert.Equal([(1UL, 40u + Mad), (2UL, (uint)Mad)], done.OrderBy(c => c.WorkRequestId).Select(c => (c.WorkRequestId, c.ByteLength)));
        var received = done.Single(c => c.WorkRequestId == 1);
        Assert.Equal((WorkCompletionFlags.None, lid == 0 ? 0xFFFF : lid), (received.Flags, received.SourceLid));
        Assert.True(source.AsSpan(0, Mad).SequenceEqual(sink.AsSpan(40, Mad)));
    }

    private static WorkCompletion Receive(DevicePair pair, QueuePair queuePair)
    {
        while (true)
        {
            var completion = pair.Next(queuePair.ReceiveCompletionQueue!);
            Assert.Equal(WorkCompletionStatus.Success, completion.Status);
            if (completion.Opcode == WorkCompletionOpcode.Receive)
                return completion;
        }
    }
}
