using System.Collections.Concurrent;
using System.Net;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Protocol.Tests.Wire;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Frames;

/// <summary>
/// Two whole devices, 192.0.2.1 and 192.0.2.2, whose queue pairs are numbered as in the vectors of wire.md: 0x11 at the first, 0x12 at the
/// second. Every frame of either is kept.
/// </summary>
internal sealed class FrameScene : IDisposable
{
    public const int MemoryLength = 4096;
    private const uint FirstNumber = 0x11;
    public const ulong RemoteStart = 0x7F0000003000;

    private readonly ConcurrentQueue<byte[]> _requests = new();
    private readonly ConcurrentQueue<byte[]> _responses = new();

    public FrameScene()
    {
        var fabric = new LoopbackFabric("vectors");
        A = Open(fabric, 1, _requests);
        B = Open(fabric, 2, _responses);
        (DomainA, DomainB) = (A.CreateProtectionDomain(), B.CreateProtectionDomain());
        (QueueA, QueueB) = (A.CreateCompletionQueue(64), B.CreateCompletionQueue(64));
        Source = DomainA.AllocateMemory(MemoryLength, DevicePair.FullAccess);
        Sink = DomainB.RegisterMemory(new byte[MemoryLength], DevicePair.FullAccess, RemoteStart);
        for (int i = 0; i < MemoryLength; i++)
            Source.AsSpan((ulong)i, 1)[0] = Sink.AsSpan((ulong)i, 1)[0] = HandMadeFrame.Pattern(i);
        // Of the first device's number.
        DomainB.CreateQueuePair(new() { SendCompletionQueue = QueueB, ReceiveCompletionQueue = QueueB }).Dispose();
    }

    public RdmaDevice A { get; }

    public RdmaDevice B { get; }

    public ProtectionDomain DomainA { get; }

    public ProtectionDomain DomainB { get; }

    public CompletionQueue QueueA { get; }

    public CompletionQueue QueueB { get; }

    public MemoryRegion Source { get; }

    /// <summary>What the first device reaches at the second, from <see cref="RemoteStart"/> on.</summary>
    public MemoryRegion Sink { get; }

    private static ConnectOptions Connecting { get; } = new() { PathMtu = PathMtu.Mtu256, Timeout = 20 };

    /// <summary>Connects both queue pairs; the first sends from a PSN on.</summary>
    public static void Connect(QueuePair a, QueuePair b, uint psn)
    {
        Assert.Equal((0x11u, 0x12u), (a.Number, b.Number));
        b.ConnectTo(a.LocalEndpoint with { Psn = psn }, Connecting);
        bool responds = a.Type == QueuePairType.ReliableConnection;
        var gid = b.LocalEndpoint.Gid;
        a.Initialize(Connecting);
        a.Modify(new()
        {
            State = QueuePairState.ReadyToReceive, PathMtu = Connecting.PathMtu, DestinationQueuePair = b.Number,
            AddressVector = new() { DestinationGid = gid, SourceGidIndex = a.Device.SelectGid(1, gid), HopLimit = 64 },
            ReceivePsn = b.LocalEndpoint.Psn,
            MaxDestinationReadAtomic = responds ? 1 : null, MinRnrTimer = responds ? 12 : null,
        });
        a.Modify(new()
        {
            State = QueuePairState.ReadyToSend, SendPsn = psn, Timeout = Connecting.Timeout, RetryCount = 7, RnrRetry = 7,
            MaxReadAtomic = 1,
        });
    }

    /// <summary>Posts at the first device and awaits how it ends.</summary>
    public async Task<WorkCompletionStatus> DoAsync(QueuePair queuePair, SendWorkRequest request)
    {
        queuePair.PostSend(request with { Flags = request.Flags | SendFlags.Signaled });
        var one = new WorkCompletion[1];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Assert.Equal(1, await QueueA.PollAsync(one, patience.Token));
        return one[0].Status;
    }

    /// <summary>The frames of both sides must be the hand-made ones, byte for byte.</summary>
    public void AssertFrames(string[] requests, string[] responses)
    {
        AssertFrames(requests, [.. _requests], 1, 2);
        AssertFrames(responses, [.. _responses], 2, 1);
    }

    /// <summary>The only request, with the Ethernet addresses of the vectors.</summary>
    public byte[] OnlyRequest(byte[] macs) => [.. macs, .. Assert.Single(_requests)[12..]];

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }

    private static RdmaDevice Open(LoopbackFabric fabric, int host, ConcurrentQueue<byte[]> frames) => RdmaPipelineDevice.Open(
        new ObservedBackend(fabric.Open(new() { Addresses = [IPAddress.Parse($"192.0.2.{host}")] })) { Frames = frames },
        new DeviceOptions(), new DeviceSeams { Numbers = () => FirstNumber });

    private static void AssertFrames(string[] expected, byte[][] frames, int source, int destination)
    {
        for (int i = 0; i < Math.Min(expected.Length, frames.Length); i++)
        {
            byte[] frame = HandMadeFrame.Of(source, destination, frames[i][..12], expected[i]);
            Assert.Equal($"{i}: {Convert.ToHexStringLower(frame)}", $"{i}: {Convert.ToHexStringLower(frames[i])}");
        }
        Assert.Equal(expected.Length, frames.Length);
    }
}
