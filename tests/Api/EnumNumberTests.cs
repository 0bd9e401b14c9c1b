using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>The numbers of the standard (verbs.md 6.2, 7, R-VERB-2, R-VERB-17; completion.md 2, 3).</summary>
public sealed class EnumNumberTests
{
    [Fact]
    public void QueuePairTypes() => Numbers<QueuePairType>(
        "Smi 0, Gsi 1, ReliableConnection 2, UnreliableConnection 3, UnreliableDatagram 4, RawPacket 8, XrcInitiator 9, XrcTarget 10");

    [Fact]
    public void QueuePairStates() => Numbers<QueuePairState>(
        "Reset 0, Init 1, ReadyToReceive 2, ReadyToSend 3, SendQueueDrained 4, SendQueueError 5, Error 6");

    [Fact]
    public void AttributeMask() => Numbers<QueuePairAttributeMask>(
        "None 0, State 1, CurrentState 2, NotifySendQueueDrained 4, Access 8, PkeyIndex 16, Port 32, Qkey 64, AddressVector 128, "
        + "PathMtu 256, Timeout 512, RetryCount 1024, RnrRetry 2048, ReceivePsn 4096, MaxReadAtomic 8192, AlternatePath 16384, "
        + "MinRnrTimer 32768, SendPsn 65536, MaxDestinationReadAtomic 131072, PathMigrationState 262144, Capabilities 524288, "
        + "DestinationQueuePair 1048576, RateLimit 33554432");

    [Fact]
    public void SendOpcodes() => Numbers<SendOpcode>(
        "RdmaWrite 0, RdmaWriteWithImmediate 1, Send 2, SendWithImmediate 3, RdmaRead 4, CompareAndSwap 5, FetchAndAdd 6, "
        + "LocalInvalidate 7, BindMemoryWindow 8, SendWithInvalidate 9, Tso 10, RdmaReadWithInvalidate 11, Flush 14, AtomicWrite 15, "
        + "RegisterMemoryRegion 32");

    [Fact]
    public void Flags()
    {
        Numbers<SendFlags>("None 0, Fence 1, Signaled 2, Solicited 4, Inline 8, IpChecksum 16");
        Numbers<AccessFlags>(
            "None 0, LocalWrite 1, RemoteWrite 2, RemoteRead 4, RemoteAtomic 8, MemoryWindowBind 16, ZeroBased 32, OnDemand 64, "
            + "HugeTlb 128, FlushGlobal 256, FlushPersistent 512, RelaxedOrdering 1048576");
        Numbers<WorkCompletionFlags>("None 0, Grh 1, WithImmediate 2, IpChecksumOk 4, WithInvalidate 8");
        Numbers<NotificationKind>("Solicited 1, Next 2");
    }

    // 0x100 and 3 are this library's own.
    [Fact]
    public void Memory()
    {
        Numbers<MemoryRegionType>(
            "FastRegistration 0, ScatterGatherGaps 1, DeviceMemory 2, User 3, Dma 4, Integrity 5, Null 256");
        Numbers<MemoryWindowType>("Type1 1, Type2B 2, Type2A 3");
        Numbers<MemoryAdvice>("Prefetch 0, PrefetchWrite 1, PrefetchNoFault 2");
        Numbers<MemoryAdviceFlags>("None 0, Flush 1");
        Numbers<FlushPlacement>("None 0, GlobalVisibility 1, Persistence 2");
        Numbers<FlushSelectivity>("Range 0, MemoryRegion 1");
    }

    [Fact]
    public void CompletionStatuses() => Numbers<WorkCompletionStatus>(
        "Success 0, LocalLengthError 1, LocalQueuePairOperationError 2, LocalEndToEndContextOperationError 3, LocalProtectionError 4, "
        + "WorkRequestFlushedError 5, MemoryWindowBindError 6, BadResponseError 7, LocalAccessError 8, RemoteInvalidRequestError 9, "
        + "RemoteAccessError 10, RemoteOperationError 11, RetryExceededError 12, RnrRetryExceededError 13, LocalRddViolationError 14, "
        + "RemoteInvalidReadRequestError 15, RemoteAbortedError 16, InvalidEndToEndContextNumberError 17, "
        + "InvalidEndToEndContextStateError 18, FatalError 19, ResponseTimeoutError 20, GeneralError 21");

    [Fact]
    public void CompletionOpcodes() => Numbers<WorkCompletionOpcode>(
        "Send 0, RdmaWrite 1, RdmaRead 2, CompareAndSwap 3, FetchAndAdd 4, BindMemoryWindow 5, LocalInvalidate 6, Tso 7, Flush 8, "
        + "AtomicWrite 9, RegisterMemoryRegion 10, Receive 128, ReceiveRdmaWithImmediate 129");

    [Fact]
    public void AsyncEvents() => Numbers<AsyncEventType>(
        "CompletionQueueError 0, QueuePairFatal 1, QueuePairRequestError 2, QueuePairAccessError 3, CommunicationEstablished 4, "
        + "SendQueueDrained 5, PathMigrated 6, PathMigrationError 7, DeviceFatal 8, PortActive 9, PortError 10, LidChange 11, "
        + "PkeyChange 12, SubnetManagerChange 13, SharedReceiveQueueError 14, SharedReceiveQueueLimitReached 15, "
        + "LastWorkRequestReached 16, ClientReregister 17, GidChange 18, WorkQueueFatal 19");

    [Fact]
    public void PortsAndPaths()
    {
        Numbers<PortState>("None 0, Down 1, Init 2, Armed 3, Active 4");
        Numbers<PortPhysicalState>("None 0, Polling 2, Disabled 3, LinkUp 5");
        Numbers<PathMigrationState>("Migrated 0, Rearm 1, Armed 2");
        Numbers<PathMtu>("Mtu256 1, Mtu512 2, Mtu1024 3, Mtu2048 4, Mtu4096 5");
        Numbers<LinkLayer>("Unspecified 0, InfiniBand 1, Ethernet 2");
        Numbers<AtomicCapability>("None 0, Device 1, Global 2");
    }

    // completion.md 2: which completion an opcode makes.
    [Theory]
    [InlineData(SendOpcode.Send, WorkCompletionOpcode.Send)]
    [InlineData(SendOpcode.SendWithImmediate, WorkCompletionOpcode.Send)]
    [InlineData(SendOpcode.SendWithInvalidate, WorkCompletionOpcode.Send)]
    [InlineData(SendOpcode.RdmaWrite, WorkCompletionOpcode.RdmaWrite)]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, WorkCompletionOpcode.RdmaWrite)]
    [InlineData(SendOpcode.RdmaRead, WorkCompletionOpcode.RdmaRead)]
    [InlineData(SendOpcode.CompareAndSwap, WorkCompletionOpcode.CompareAndSwap)]
    [InlineData(SendOpcode.FetchAndAdd, WorkCompletionOpcode.FetchAndAdd)]
    [InlineData(SendOpcode.LocalInvalidate, WorkCompletionOpcode.LocalInvalidate)]
    [InlineData(SendOpcode.BindMemoryWindow, WorkCompletionOpcode.BindMemoryWindow)]
    [InlineData(SendOpcode.Flush, WorkCompletionOpcode.Flush)]
    [InlineData(SendOpcode.AtomicWrite, WorkCompletionOpcode.AtomicWrite)]
    public void EachOpcodeHasItsCompletion(SendOpcode opcode, WorkCompletionOpcode completion) =>
        Assert.Equal(completion, SendOpcodeTraits.Of(opcode).Completion);

    [Fact]
    public void MtuCodesAreBytes()
    {
        foreach (PathMtu mtu in Enum.GetValues<PathMtu>())
        {
            Assert.Equal($"Mtu{mtu.ToBytes()}", mtu.ToString());
            Assert.Equal(mtu, PathMtuExtensions.FromBytes(mtu.ToBytes()));
            Assert.Equal(mtu, PathMtuExtensions.LargestWithin(mtu.ToBytes() + 255));
        }
        Failing.With(VerbsErrno.EINVAL, () => PathMtuExtensions.FromBytes(1500), "path_mtu", "1500", "4096");
        Failing.With(VerbsErrno.EINVAL, () => PathMtuExtensions.LargestWithin(255), "255", "256");
    }

    private static void Numbers<T>(string expected)
        where T : struct, Enum => Assert.Equal(
            expected.Split(", ").Order(StringComparer.Ordinal),
            Enum.GetValues<T>().Select(v => $"{v} {Convert.ToInt64(v)}").Order(StringComparer.Ordinal));
}
