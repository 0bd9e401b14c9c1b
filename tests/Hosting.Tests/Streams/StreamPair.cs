using System.Net;
using System.Net.Sockets;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Streams;

/// <summary>
/// Two connected streams on two devices; closing them checks that no packet ever found no receive and that nothing was lost unaccounted.
/// </summary>
internal sealed class StreamPair : IAsyncDisposable
{
    /// <summary>No wait of these tests takes this long; it turns a hang into a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Buffers that are soon used up.</summary>
    public static readonly RdmaStreamOptions Small = new()
    {
        BufferBytes = 1000, ReceiveBuffers = 4, SendBuffers = 2, Connect = new ConnectOptions { Timeout = 10 },
        CloseTimeout = TimeSpan.FromSeconds(1),
    };

    private const double Rate = 0.01;

    public static TheoryData<StreamMedium> Media => [.. Enum.GetValues<StreamMedium>()];

    public StreamPair(StreamMedium medium, RdmaStreamOptions? options = null, RdmaStreamOptions? other = null)
    {
        (DeviceA, DeviceB) = Open(medium);
        // A busy machine may leave either end without a processor for a while: no test but one asks for a dead peer.
        options ??= new RdmaStreamOptions { Connect = new ConnectOptions { Timeout = 10 }, CloseTimeout = TimeSpan.FromSeconds(1) };
        using var left = RdmaStream.Prepare(DeviceA, options);
        using var right = RdmaStream.Prepare(DeviceB, other ?? options);
        A = left.Connect(right.Offer);
        B = right.Connect(left.Offer);
    }

    public RdmaDevice DeviceA { get; }

    public RdmaDevice DeviceB { get; }

    public RdmaStream A { get; }

    public RdmaStream B { get; }

    /// <summary>Set when a test breaks a device on purpose.</summary>
    public bool IsBroken { get; set; }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(A.DisposeAsync().AsTask(), B.DisposeAsync().AsTask()).WaitAsync(Patience);
        var pipelines = new[] { DeviceA.GetPipeline(), DeviceB.GetPipeline() };
        foreach (var (device, pipeline) in new[] { DeviceA, DeviceB }.Zip(pipelines))
        {
            if (!IsBroken)
            {
                Assert.Equal((0, 0), (device.QueuePairCount, device.MemoryRegionCount));
                Assert.Equal((0, 0), (device.CompletionQueueCount, device.ProtectionDomainCount));
                Assert.Equal((0, 0), (pipeline.HardwareCounters["send_rnr_err"], pipeline.HardwareCounters["rcvd_rnr_err"]));
            }

            device.Dispose();
        }

        // In memory a burst of one device may still lie in the other's ring until that one is closed too.
        foreach (var pipeline in pipelines)
        {
            Assert.Empty(pipeline.CheckLaws());
            Assert.Equal(0, pipeline.OutstandingBursts);
        }
    }

    /// <summary>Two devices that can reach each other.</summary>
    public static (RdmaDevice A, RdmaDevice B) Open(StreamMedium medium)
    {
        var options = new DeviceOptions
        {
            Preset = medium == StreamMedium.MemoryQueued ? PipelinePreset.Queued : PipelinePreset.Staged, Retry7IsInfinite = true,
        };
        bool isUdp = medium is StreamMedium.Udp or StreamMedium.LossyUdp;
        string fabric = $"mem://streams-{Guid.NewGuid():n}";
        int port = isUdp ? FreePort() : 0;
        RdmaDevice Open(int index)
        {
            string uri = isUdp ? $"udp://127.{1 + (Environment.ProcessId % 200)}.1.{1 + index}:{port}" : $"{fabric}/{index}?icrc=on";
            return medium is StreamMedium.LossyMemory or StreamMedium.LossyUdp
                ? RdmaPipelineDevice.Open(new FaultInjectingBackend(PacketBackends.Open(uri), Faults(index)), options)
                : RdmaPipelineDevice.Open(uri, options);
        }

        return (Open(0), Open(1));
    }

    private static FaultPlan Faults(int index) => new()
    {
        Seed = (ulong)(71 + index), Send = new FaultRates { Loss = Rate, Duplicate = Rate, Corrupt = Rate },
    };

    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
