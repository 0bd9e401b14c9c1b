using System.Diagnostics;
using System.Net;
using RdmaPipeline.InteropTests.Rxe;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.Verbs;

/// <summary>
/// A device of ours in the guest's namespace, with one queue pair and one buffer, connected to a queue pair of the guest.
/// </summary>
public sealed class OurEnd : IDisposable
{
    /// <summary>Bytes of either side's buffer.</summary>
    public const int BufferSize = 1 << 20;

    /// <summary>Everything a peer may do.</summary>
    public const AccessFlags AllAccess =
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly string[] s_guestAccess = ["LOCAL_WRITE", "REMOTE_WRITE", "REMOTE_READ", "REMOTE_ATOMIC", "MW_BIND"];

    public OurEnd(bool ipv6, RdmaDevice? device = null, QueuePairType type = QueuePairType.ReliableConnection)
    {
        var address = RxeGuest.HostAddress(ipv6);
        Device = device ?? RdmaPipelineDevice.Open(ipv6 ? $"udp://[{address}]" : $"udp://{address}");
        Domain = Device.CreateProtectionDomain();
        Region = Domain.AllocateMemory(BufferSize, AllAccess);
        Completions = Device.CreateCompletionQueue(512);
        QueuePair = Domain.CreateQueuePair(new()
        {
            Type = type, SendCompletionQueue = Completions, ReceiveCompletionQueue = Completions, SignalAll = true,
        });
    }

    public RdmaDevice Device { get; }

    public ProtectionDomain Domain { get; }

    public MemoryRegion Region { get; }

    public CompletionQueue Completions { get; }

    public QueuePair QueuePair { get; }

    /// <summary>Connects both ends; PSNs of both near the 24-bit end, so that a test of some packets crosses it.</summary>
    public void Connect(GuestVerbs guest, int mtu, bool ipv6, ConnectOptions? options = null, bool guestShares = false)
    {
        var service = QueuePair.Type == QueuePairType.UnreliableConnection ? "UC" : "RC";
        guest.Open(RxeGuest.GidIndex(ipv6), mtu, BufferSize, service, guestShares, s_guestAccess);
        var local = QueuePair.LocalEndpoint;
        var remote = new QueuePairEndpoint(Gid.FromIPAddress(guest.Gid), guest.QueuePairNumber, 0xFFFFFA);
        QueuePair.ConnectTo(remote, options ?? new ConnectOptions { PathMtu = PathMtuExtensions.FromBytes(mtu), Timeout = 17 });
        guest.Connect(local.QueuePairNumber, local.Gid.ToIPAddress(), remote.Psn, local.Psn);
    }

    /// <summary>Makes both ends ready for datagrams with one Q_Key; the way to the guest's, or to a group.</summary>
    public AddressHandle Activate(GuestVerbs guest, int mtu, bool ipv6, uint queueKey, IPAddress? group = null)
    {
        guest.Open(RxeGuest.GidIndex(ipv6), mtu, BufferSize, "UD", shared: false, "LOCAL_WRITE");
        QueuePair.Activate(queueKey);
        guest.Activate(queueKey, psn: 0xFFFFFA);
        var destination = Gid.FromIPAddress(group ?? guest.Gid);
        return Domain.CreateAddressHandle(
            new AddressVector { DestinationGid = destination, SourceGidIndex = Device.SelectGid(1, destination) });
    }

    public void Fill(int offset, int length, int seed) => GuestPattern.Create(seed, length).CopyTo(Region.AsSpan((ulong)offset, length));

    /// <summary>Compares our memory with the pattern both sides compute.</summary>
    public void Check(int offset, int length, int seed) =>
        Assert.True(
            Region.AsSpan((ulong)offset, length).SequenceEqual(GuestPattern.Create(seed, length)), $"{length} bytes of seed {seed} differ");

    public void Receive(ulong workRequest, int offset, int length) =>
        QueuePair.PostReceive(new ReceiveWorkRequest { WorkRequestId = workRequest, Entry = Region.Entry((ulong)offset, (ulong)length) });

    public void Post(SendOpcode opcode, int offset, int length, in SendWorkRequest more = default) =>
        QueuePair.PostSend(more with { Opcode = opcode, Entry = Region.Entry((ulong)offset, (ulong)length) });

    /// <summary>The next completion, whatever its status.</summary>
    public WorkCompletion Next()
    {
        var waiting = Stopwatch.StartNew();
        Span<WorkCompletion> one = stackalloc WorkCompletion[1];
        while (Completions.Poll(one) == 0)
            if (waiting.Elapsed > s_patience) throw new TimeoutException($"nothing completed for {s_patience.TotalSeconds} s");
        return one[0];
    }

    /// <summary>The next completion, which must be a success.</summary>
    public WorkCompletion Good()
    {
        var completion = Next();
        Assert.Equal(WorkCompletionStatus.Success, completion.Status);
        return completion;
    }

    /// <inheritdoc/>
    public void Dispose() => Device.Dispose();
}
