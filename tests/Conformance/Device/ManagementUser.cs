using System.Buffers.Binary;
using System.Diagnostics;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A program that asks management agents: a special queue pair of a device, one datagram under way.</summary>
internal sealed class ManagementUser
{
    private const int RouteHeader = 40;
    private const uint GeneralServices = 0x8001_0000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RdmaDevice[] _driven;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _queue;
    private readonly QueuePair _queuePair;
    private readonly MemoryRegion _source;
    private readonly MemoryRegion _sink;
    private ulong _transaction = 0x1234_5678_0000_0000;

    /// <param name="device">The device.</param>
    /// <param name="type">SMI or GSI; or UD, with which anybody may ask queue pair 1.</param>
    /// <param name="others">Devices that answer and have nobody else to drive them.</param>
    public ManagementUser(RdmaDevice device, QueuePairType type, params RdmaDevice[] others)
        : this(device, type, GeneralServices, others)
    {
    }

    /// <param name="device">The device.</param>
    /// <param name="type">SMI, GSI or UD.</param>
    /// <param name="queueKey">The Q_Key of the queue pair, with which it asks.</param>
    /// <param name="others">Devices that answer and have nobody else to drive them.</param>
    public ManagementUser(RdmaDevice device, QueuePairType type, uint queueKey, params RdmaDevice[] others)
    {
        _driven = [device, .. others];
        _domain = device.CreateProtectionDomain();
        _queue = device.CreateCompletionQueue(256);
        _queuePair = _domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = type, SendCompletionQueue = _queue, ReceiveCompletionQueue = _queue,
            Capabilities = new QueuePairCapabilities { MaxSendWorkRequests = 128 },
        });
        _queuePair.Activate(queueKey);
        _source = _domain.AllocateMemory(MadHeader.DatagramLength);
        _sink = _domain.AllocateMemory(RouteHeader + MadHeader.DatagramLength);
        Post();
    }

    /// <summary>The completion of the newest answer.</summary>
    public WorkCompletion Completion { get; private set; }

    /// <summary>The newest datagram that came.</summary>
    public ReadOnlySpan<byte> Received => _sink.AsSpan(RouteHeader, MadHeader.DatagramLength);

    /// <summary>A request with data at byte 64.</summary>
    public static byte[] Request(ManagementClass management, ManagementMethod method, ushort attribute, uint modifier = 0,
        ReadOnlySpan<byte> data = default, params byte[] path)
    {
        var mad = new byte[MadHeader.DatagramLength];
        new MadHeader
        {
            BaseVersion = 1, ManagementClass = management, ClassVersion = 1, Method = method, HopCount = (byte)path.Length,
            Attribute = attribute, AttributeModifier = modifier,
        }.Write(mad);
        data.CopyTo(mad.AsSpan(64));
        if (management == ManagementClass.SubnetDirectedRoute)
            mad.AsSpan(32, 4).Fill(0xFF);
        path.CopyTo(mad.AsSpan(129));
        return mad;
    }

    /// <summary>The way to a device's port.</summary>
    public AddressHandle WayTo(RdmaDevice device) => DevicePair.Way(_domain, device);

    /// <summary>The way by a LID; the permissive one for directed routes.</summary>
    public AddressHandle WayTo(ushort lid = Lrh.PermissiveLid) =>
        _domain.CreateAddressHandle(new AddressVector { IsGlobal = false, DestinationLid = lid });

    /// <summary>Sends a datagram to queue pair 0 or 1.</summary>
    public void Send(ReadOnlySpan<byte> mad, AddressHandle way, uint to)
    {
        mad.CopyTo(_source.AsSpan(0, MadHeader.DatagramLength));
        BinaryPrimitives.WriteUInt64BigEndian(_source.AsSpan(8, 8), ++_transaction);
        _queuePair.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = _source.Entry(), Address = way, RemoteQueuePair = to,
            RemoteQueueKey = GeneralServices,
        });
    }

    /// <summary>Sends a datagram and waits for the answer to it.</summary>
    public (MadHeader Header, byte[] Mad) Ask(ReadOnlySpan<byte> mad, AddressHandle way)
    {
        Send(mad, way, mad[1] is 0x01 or 0x81 ? 0u : 1);
        Await(2);
        var answer = Received.ToArray();
        Post();
        Assert.True(MadHeader.TryParse(answer, out var header));
        Assert.Equal((_transaction, ManagementMethod.GetResponse), (header.TransactionId, header.Method));
        Assert.Equal(mad[1] == 0x81, header.IsReturning);
        return (header, answer);
    }

    /// <summary>Waits for completions, all of them successes.</summary>
    public void Await(int completions)
    {
        var one = new WorkCompletion[1];
        for (var begin = Stopwatch.GetTimestamp(); completions > 0;)
        {
            Drive();
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, $"{completions} completions never came");
            if (_queue.Poll(one) == 0)
                continue;
            Assert.Equal(WorkCompletionStatus.Success, one[0].Status);
            completions--;
            if (one[0].Opcode == WorkCompletionOpcode.Receive)
                Completion = one[0];
        }
    }

    /// <summary>Waits until something holds.</summary>
    public void Until(Func<bool> condition, string what)
    {
        for (var begin = Stopwatch.GetTimestamp(); !condition(); Drive())
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, $"never: {what}");
    }

    private void Post() => _queuePair.PostReceive(new ReceiveWorkRequest { Entry = _sink.Entry() });

    private void Drive()
    {
        var worked = false;
        foreach (var device in _driven)
            worked |= device.Provider.Drive();
        if (!worked)
            Thread.Yield();
    }
}
