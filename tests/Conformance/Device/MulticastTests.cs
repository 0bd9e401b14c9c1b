using RdmaPipeline.ConformanceTests.Backends;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Multicast datagrams through the whole pipeline, over every preset and back-end (R-VERB-12, R-RESP-47).</summary>
[Collection(DeviceCollection.Name)]
public class MulticastTests
{
    private const uint QueueKey = 0x1234;
    private const int Header = GlobalRouteHeader.Length;
    private const int Slot = 128;
    private const int Size = 32;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [SkippableTheory]
    [MemberData(nameof(Setups))]
    public void EveryMemberGetsEachDatagramOnceAndOthersNone(DeviceSetup setup)
    {
        using var scene = new Scene(setup);
        var first = scene.Member(scene.Pair.DomainB, scene.Pair.QueueB);
        var second = scene.Member(scene.Pair.DomainB, scene.Pair.QueueB);
        var stranger = scene.Member(scene.Pair.DomainB, scene.Pair.QueueB, attached: false);
        scene.Sender.QueuePair.AttachMulticast(scene.Group, scene.Lid);
        for (int i = 0; i < 5; i++)
            scene.Send(i);
        scene.Expect(5, first, second, scene.Sender);
        first.QueuePair.DetachMulticast(scene.Group, scene.Lid);
        scene.Sender.QueuePair.DetachMulticast(scene.Group, scene.Lid);
        for (int i = 5; i < 8; i++)
            scene.Send(i);
        scene.Expect(8, second);
        Assert.Equal((5, 8, 0, 5), (first.Received, second.Received, stranger.Received, scene.Sender.Received));
        second.QueuePair.DetachMulticast(scene.Group, scene.Lid);
    }

    /// <summary>The loopback interface carries no IPv6 groups; one with a cable does.</summary>
    [SkippableTheory]
    [InlineData(PipelinePreset.Staged)]
    [InlineData(PipelinePreset.Queued)]
    [InlineData(PipelinePreset.Fused)]
    public void OverIPv6SocketsToo(PipelinePreset preset)
    {
        using var hosts = NamespacePair.Open();
        hosts.Run(0, () =>
        {
            EveryMemberGetsEachDatagramOnceAndOthersNone(new DeviceSetup("udp6-cable", preset));
            return true;
        });
    }

    /// <summary>Step 14 of wire.md section 8: the checks are each member's own.</summary>
    [SkippableTheory]
    [MemberData(nameof(Setups))]
    public void AMemberWithAnotherKeyLosesItsCopyOnly(DeviceSetup setup)
    {
        using var scene = new Scene(setup);
        var member = scene.Member(scene.Pair.DomainB, scene.Pair.QueueB);
        var other = scene.Member(scene.Pair.DomainB, scene.Pair.QueueB, key: QueueKey + 1);
        scene.Send(0);
        scene.Expect(1, member);
        scene.Pair.Until(() => scene.Pair.B.QueryPort().BadQkeyCount == 1, "the wrong Q_Key counted");
        Assert.Equal(0, other.Received);
    }

    [Fact]
    public void AFullGroupReachesEverybodyAndTakesNobodyMore()
    {
        using var scene = new Scene(new DeviceSetup("mem", PipelinePreset.Staged, shards: 4));
        var members = Enumerable.Range(0, scene.Pair.B.Attributes.MaxMulticastQueuePairs)
            .Select(_ => scene.Member(scene.Pair.DomainB, scene.Pair.QueueB)).ToArray();
        Assert.Equal(56, members.Length);
        var late = scene.Member(scene.Pair.DomainB, scene.Pair.QueueB, attached: false);
        var refusal = Assert.Throws<RdmaException>(() => late.QueuePair.AttachMulticast(scene.Group));
        Assert.Equal(VerbsErrno.ENOMEM, refusal.Errno);
        for (int i = 0; i < 8; i++)
            scene.Send(i);
        scene.Expect(8, members);
        Assert.Equal(0, DevicePair.Drops(scene.Pair.B, DropReason.UnknownQp));
    }

    [Fact]
    public void WhatIsSentToAGroupWithoutMembersIsCounted()
    {
        using var scene = new Scene(new DeviceSetup("mem", PipelinePreset.Staged));
        scene.Send(0);
        scene.Pair.Until(() => scene.Pair.A.GetPipeline().BackendCounters.Dropped(DropReason.NoRoute) == 1, "nobody is there");
    }

    [Fact]
    public void AMemberIsBusyUntilItDetaches()
    {
        using var scene = new Scene(new DeviceSetup("mem", PipelinePreset.Staged));
        var member = scene.Member(scene.Pair.DomainB, scene.Pair.QueueB).QueuePair;
        Assert.Equal(VerbsErrno.EBUSY, Assert.Throws<RdmaException>(member.Dispose).Errno);
        member.DetachMulticast(scene.Group);
        Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => member.DetachMulticast(scene.Group)).Errno);
        member.Dispose();
    }

    /// <summary>R-VERB-12 on a back-end that cannot join: an IPv4 address has no IPv6 groups.</summary>
    [Fact]
    public void AGroupThePortCannotJoinIsRefused()
    {
        using var scene = new Scene(new DeviceSetup("udp4", PipelinePreset.Staged));
        var member = scene.Member(scene.Pair.DomainB, scene.Pair.QueueB, attached: false).QueuePair;
        var refusal = Assert.Throws<RdmaException>(() => member.AttachMulticast(Gid.Parse("ff1e::1")));
        Assert.Equal(VerbsErrno.EINVAL, refusal.Errno);
        Assert.Contains("ff1e::1", refusal.Message, StringComparison.Ordinal);
        member.Dispose();
    }

    /// <summary>A queue pair with posted receives that knows what it got.</summary>
    private sealed class End(QueuePair queuePair, MemoryRegion memory)
    {
        public QueuePair QueuePair => queuePair;

        public MemoryRegion Memory => memory;

        public int Received { get; set; }
    }

    private sealed class Scene : IDisposable
    {
        private const int Receives = 16;

        private readonly Dictionary<(RdmaDevice, uint), End> _ends = [];
        private readonly MemoryRegion _source;
        private readonly AddressHandle _way;
        private readonly Gid _sender;

        public Scene(DeviceSetup setup)
        {
            Pair = new DevicePair(setup);
            int index = Pair.A.SelectGid();
            _sender = Pair.A.QueryGid(1, index);
            Group = new Gid(TestGroup.Like(_sender.Value));
            Lid = setup.IsNative ? (ushort)0xC00F : (ushort)0;
            _way = Pair.DomainA.CreateAddressHandle(
                new AddressVector { DestinationGid = Group, SourceGidIndex = index, DestinationLid = Lid });
            _source = Pair.DomainA.AllocateMemory(Size);
            Sender = Member(Pair.DomainA, Pair.QueueA, attached: false);
            if (setup.Medium == "udp6")
                SkipWithoutRoute();
        }

        public DevicePair Pair { get; }

        public Gid Group { get; }

        public ushort Lid { get; }

        public End Sender { get; }

        public End Member(ProtectionDomain domain, CompletionQueue queue, bool attached = true, uint key = QueueKey)
        {
            var end = new End(Pair.Datagrams(domain, queue, key), domain.AllocateMemory(Receives * Slot, DevicePair.FullAccess));
            _ends.Add((domain.Device, end.QueuePair.Number), end);
            for (int i = 0; i < Receives; i++)
            {
                end.QueuePair.PostReceive(new ReceiveWorkRequest
                {
                    WorkRequestId = (ulong)i, Entry = end.Memory.Entry((ulong)(i * Slot), Slot),
                });
            }
            if (attached)
                end.QueuePair.AttachMulticast(Group, Lid);
            return end;
        }

        public void Send(int number)
        {
            Pattern.Fill(_source.AsSpan(0, Size), number);
            Sender.QueuePair.PostSend(new SendWorkRequest
            {
                WorkRequestId = 1000, Opcode = SendOpcode.Send, Entry = _source.Entry(), Address = _way, RemoteQueuePair = 0xFFFFFF,
                RemoteQueueKey = QueueKey,
            });
            // The source is filled anew for the next one.
            while (Take(Pair.QueueA).Opcode != WorkCompletionOpcode.Send)
            {
            }
        }

        /// <summary>Each of these has so many datagrams in the end, and nobody gets another one.</summary>
        public void Expect(int count, params End[] ends)
        {
            foreach (var end in ends)
            {
                while (end.Received < count)
                    Take(end.QueuePair.ReceiveCompletionQueue!);
            }
            Pair.Until(() => !(Pair.A.Provider.Drive() | Pair.B.Provider.Drive()), "rest");
            var more = new WorkCompletion[1];
            Assert.Equal((0, 0), (Pair.QueueA.Poll(more), Pair.QueueB.Poll(more)));
        }

        public void Dispose() => Pair.Dispose();

        private WorkCompletion Take(CompletionQueue queue)
        {
            var completion = Pair.Next(queue);
            Assert.Equal(WorkCompletionStatus.Success, completion.Status);
            if (completion.Opcode != WorkCompletionOpcode.Send)
                Check(_ends[(queue.Device, completion.QueuePairNumber)], completion);
            return completion;
        }

        private void Check(End end, in WorkCompletion completion)
        {
            Assert.Equal((ulong)end.Received, completion.WorkRequestId);
            Assert.Equal(((uint)(Header + Size), Sender.QueuePair.Number), (completion.ByteLength, completion.SourceQueuePair));
            Assert.Equal(WorkCompletionFlags.Grh, completion.Flags & WorkCompletionFlags.Grh);
            var bytes = end.Memory.AsSpan((ulong)(end.Received * Slot), Slot);
            Assert.True(GlobalRouteHeader.TryRead(bytes, out var header));
            Assert.Equal((_sender, Group), (header.Source, header.Destination));
            Assert.True(Pattern.Matches(bytes.Slice(Header, Size), end.Received));
            end.Received++;
        }

        private void SkipWithoutRoute()
        {
            Send(0);
            if (Pair.A.GetPipeline().BackendCounters.Dropped(DropReason.NoRoute) == 0)
                return;
            Pair.Dispose();
            throw new SkipException("the loopback interface has no IPv6 multicast route");
        }
    }
}
