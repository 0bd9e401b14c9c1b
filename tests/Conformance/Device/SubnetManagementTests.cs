using System.Buffers.Binary;
using System.Text;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Subnet management on queue pair 0 of native links, which the device answers itself (R-BE-53).</summary>
[Collection(DeviceCollection.Name)]
public sealed class SubnetManagementTests : IDisposable
{
    private const int Data = 64;
    private const ushort NodeDescription = 0x10;
    private const ushort NodeInfo = 0x11;
    private const ushort GuidInfo = 0x14;
    private const ushort PortInfo = 0x15;
    private const ushort PartitionKeys = 0x16;
    private const ushort ManagerInfo = 0x20;

    private readonly string _fabric = $"mem://fabric-{Guid.NewGuid():n}";
    private readonly RdmaDevice _manager;
    private readonly RdmaDevice _node;
    private readonly ManagementUser _user;

    public SubnetManagementTests()
    {
        _manager = RdmaPipelineDevice.Open($"{_fabric}/manager?link=ib");
        _node = RdmaPipelineDevice.Open($"{_fabric}/node?link=ib", new DeviceOptions { PkeyTableLength = 40, ShardCount = 2 });
        _user = new ManagementUser(_manager, QueuePairType.Smi);
    }

    public void Dispose()
    {
        foreach (var device in new[] { _manager, _node })
        {
            var pipeline = device.GetPipeline();
            device.Dispose();
            Assert.Empty(pipeline.CheckLaws());
            Assert.Equal(0, pipeline.OutstandingBursts);
        }
    }

    [Fact]
    public void ANodeTellsWhatItIs()
    {
        _node.ModifyDevice(new DeviceModification { NodeDescription = "größte Maschine", SystemImageGuid = 0xABCD });
        var info = Get(NodeInfo).AsSpan(Data);
        Assert.Equal([1, 1, 1, 1], info[..4].ToArray());
        var guids = (Long(info, 4), Long(info, 12), Long(info, 20));
        Assert.Equal((0xABCDul, _node.Attributes.NodeGuid, (ulong)_node.QueryGid(1, 0).Value), guids);
        Assert.Equal((40, 0x01FF_FFFFu), (Short(info, 28), BinaryPrimitives.ReadUInt32BigEndian(info[36..])));
        Assert.Equal("größte Maschine", Encoding.UTF8.GetString(Get(NodeDescription).AsSpan(Data, 64)).TrimEnd('\0'));
        Assert.Equal(_node.Attributes.NodeGuid, Long(Get(GuidInfo).AsSpan(Data), 0));
    }

    [Fact]
    public void APortTellsItsState()
    {
        var info = Get(PortInfo).AsSpan(Data);
        var port = _node.QueryPort();
        Assert.Equal((0xFE80_0000_0000_0000ul, port.Lid, port.SubnetManagerLid), (Long(info, 8), Short(info, 16), Short(info, 18)));
        Assert.Equal((port.CapabilityFlags, 0x14, 0x50), (BinaryPrimitives.ReadUInt32BigEndian(info[20..]), info[32], info[33]));
        Assert.Equal((0, 0x50, 5, 0x10), (info[34], info[36], info[41], info[43]));
    }

    /// <summary>Queue pairs of every shard go by the new keys, and the user is told.</summary>
    [Fact]
    public void ASubnetManagerSetsThePartitionKeys()
    {
        Assert.Equal(0xFFFF, Short(Get(PartitionKeys).AsSpan(Data), 0));
        byte[] keys = [0xFF, 0xFF, 0x80, 0x05];
        Assert.Equal(keys, Set(PartitionKeys, 0, keys, MadStatus.Success)[Data..(Data + 4)]);
        Assert.Equal((0xFFFF, 0x8005), (_node.QueryPkey(1, 0), _node.QueryPkey(1, 1)));
        Assert.Equal([AsyncEventType.PkeyChange], Told(_node));
        Set(PartitionKeys, 1, [.. new byte[14], 0x12, 0x34], MadStatus.Success);
        Assert.Equal(0x1234, _node.QueryPkey(1, 39));
        Set(PartitionKeys, 1, [.. new byte[16], 0x12, 0x34], MadStatus.InvalidValue);
        Set(PartitionKeys, 2, keys, MadStatus.InvalidValue);
        Assert.Equal(0x1234, _node.QueryPkey(1, 39));
    }

    [Fact]
    public void ANewLidIsFollowedByTheSwitch()
    {
        var info = Get(PortInfo)[Data..(Data + 64)];
        (info[16], info[17], info[19], info[32], info[33], info[51]) = (0x12, 0x34, 0x07, 0, 0, 0x80 | 9);
        var old = _node.QueryPort().Lid;
        var answer = Set(PortInfo, 1, info, MadStatus.Success);
        Assert.Equal((0x1234, 7, 0x89), (Short(answer.AsSpan(Data), 16), Short(answer.AsSpan(Data), 18), answer[Data + 51]));
        Assert.Equal([AsyncEventType.LidChange, AsyncEventType.SubnetManagerChange, AsyncEventType.ClientReregister], Told(_node));
        var port = _node.QueryPort();
        Assert.Equal((PortState.Active, 0x1234, 7), (port.State, port.Lid, port.SubnetManagerLid));
        Assert.Equal(0x1234, Short(Get(PortInfo).AsSpan(Data), 16));
        using var way = _user.WayTo(old);
        _user.Send(ManagementUser.Request(ManagementClass.Subnet, ManagementMethod.Get, PortInfo), way, 0);
        _user.Await(1);
        Assert.Equal(1, _manager.GetPipeline().BackendCounters.Dropped(DropReason.NoRoute));
    }

    /// <summary>DOWN retrains the link: it comes up in INIT, with its LID, and carries management only until it is ACTIVE again.</summary>
    [Fact]
    public void ASubnetManagerTakesAPortDownAndUp()
    {
        var info = Get(PortInfo)[Data..(Data + 64)];
        var lid = _node.QueryPort().Lid;
        var steps = new[] { (1, 0x20, PortState.Init), (3, 0, PortState.Armed), (4, 0, PortState.Active) };
        foreach (var (state, physical, expected) in steps)
        {
            (info[32], info[33]) = ((byte)state, (byte)physical);
            Set(PortInfo, 1, info, MadStatus.Success);
            Assert.Equal((expected, lid), (_node.QueryPort().State, _node.QueryPort().Lid));
        }

        Assert.Equal([AsyncEventType.PortError, AsyncEventType.PortActive], Told(_node));
        Assert.Equal(1, _node.GetPipeline().HardwareCounters["link_downed"]);
    }

    [Theory]
    [InlineData(0, 1)] // no management key
    [InlineData(8, 0xFF)] // nor another prefix
    [InlineData(17, 0)] // LID 0
    [InlineData(16, 0xC0)] // a multicast LID
    [InlineData(17, 1)] // the switch's
    [InlineData(17, 2)] // the manager's
    [InlineData(34, 1)] // LMC 1 with an odd LID
    [InlineData(19, 0)] // no manager
    [InlineData(29, 2)] // width
    [InlineData(32, 2)] // there is no step to INIT
    [InlineData(32, 3)] // nor back to ARMED
    [InlineData(32, 5)] // nor such a state
    [InlineData(33, 0x30)] // a port that is disabled is beyond reach
    [InlineData(35, 2)] // speed
    [InlineData(36, 0x40)] // MTU
    [InlineData(36, 0x51)] // service level
    [InlineData(43, 0x20)] // lanes
    public void WhatTheSubnetCannotFollowIsRefusedAndNothingChanges(int offset, byte value)
    {
        var before = Get(PortInfo)[Data..(Data + 64)];
        var asked = before.ToArray();
        (asked[32], asked[33], asked[51]) = (0, 0, 7);
        asked[offset] = value;
        var answer = Set(PortInfo, 0, asked, MadStatus.InvalidValue);
        Assert.Equal(before, answer[Data..(Data + 64)]);
        Assert.Equal(before, Get(PortInfo)[Data..(Data + 64)]);
        Assert.Empty(Told(_node));
    }

    [Theory] // R-BE-53: unknown is 0x000C.
    [InlineData(ManagementMethod.Get, 0x17, 0u, 1, MadStatus.UnsupportedAttribute)]
    [InlineData(ManagementMethod.Get, ManagerInfo, 0u, 1, MadStatus.UnsupportedAttribute)]
    [InlineData(ManagementMethod.Set, NodeInfo, 0u, 1, MadStatus.UnsupportedAttribute)]
    [InlineData(ManagementMethod.Set, NodeDescription, 0u, 1, MadStatus.UnsupportedAttribute)]
    [InlineData(ManagementMethod.Get, PortInfo, 2u, 1, MadStatus.InvalidValue)]
    [InlineData(ManagementMethod.Get, GuidInfo, 1u, 1, MadStatus.InvalidValue)]
    [InlineData(ManagementMethod.Set, GuidInfo, 0u, 1, MadStatus.InvalidValue)]
    [InlineData(ManagementMethod.Get, PartitionKeys, 2u, 1, MadStatus.InvalidValue)]
    [InlineData(ManagementMethod.Get, PartitionKeys, uint.MaxValue, 1, MadStatus.InvalidValue)]
    [InlineData(ManagementMethod.Get, NodeInfo, 0u, 2, MadStatus.BadVersion)]
    public void WhatTheAgentCannotDoItSays(ManagementMethod method, ushort attribute, uint modifier, byte version, MadStatus status)
    {
        var request = ManagementUser.Request(ManagementClass.Subnet, method, attribute, modifier);
        request[2] = version;
        using var way = _user.WayTo(_node.QueryPort().Lid);
        Assert.Equal(status, _user.Ask(request, way).Header.Status);
    }

    [Fact]
    public void SubnetManagersTalkToEachOther()
    {
        var other = new ManagementUser(_node, QueuePairType.Smi);
        using var way = _user.WayTo(_node.QueryPort().Lid);
        _user.Send(ManagementUser.Request(ManagementClass.Subnet, ManagementMethod.Get, ManagerInfo), way, 0);
        other.Await(1);
        _user.Await(1);
        Assert.Equal(ManagerInfo, Short(other.Received, 16));
        Assert.Equal(MadStatus.Success, _user.Ask(ManagementUser.Request(ManagementClass.Subnet, ManagementMethod.Get, NodeInfo), way)
            .Header.Status);
    }

    /// <summary>
    /// R-BE-52, R-WIRE-32: a program finds what is plugged into the switch, hop by hop, and brings a port up that nobody has configured.
    /// </summary>
    [Fact]
    public void AUsersSubnetManagerBringsAPortUpByADirectedRoute()
    {
        using var bare = RdmaPipelineDevice.Open($"{_fabric}/bare?link=ib&sm=off");
        using var way = _user.WayTo();
        Assert.Equal(1, Directed(way, NodeInfo)[Data + 2]);
        var fabric = Directed(way, NodeInfo, 1);
        Assert.Equal((2, 3, 1), (fabric[Data + 2], fabric[Data + 3], fabric[Data + 36]));
        Assert.StartsWith("switch of fabric-", Encoding.UTF8.GetString(Directed(way, NodeDescription, 1).AsSpan(Data, 64)));
        Assert.Equal([4, 4, 4, 2], Enumerable.Range(0, 4).Select(number => StateOf(way, (uint)number)));
        var found = Directed(way, NodeInfo, 1, 3);
        Assert.Equal(bare.Attributes.NodeGuid, Long(found.AsSpan(Data), 12));
        Assert.Equal((0, 2, 1, 1), (found[6], found[7], found[128 + 64 + 1], found[128 + 64 + 2]));

        var info = Directed(way, PortInfo, 1, 3)[Data..(Data + 64)];
        Assert.Equal(0x12, info[32]);
        (info[16], info[17], info[19], info[34]) = (0, 0x40, (byte)_manager.QueryPort().Lid, 2);
        foreach (byte state in new byte[] { 3, 4 })
        {
            (info[32], info[33]) = (state, 0);
            var request = ManagementUser.Request(ManagementClass.SubnetDirectedRoute, ManagementMethod.Set, PortInfo, 1, info, 1, 3);
            Assert.Equal(MadStatus.Success, _user.Ask(request, way).Header.Status);
        }

        Assert.Equal([AsyncEventType.LidChange, AsyncEventType.SubnetManagerChange, AsyncEventType.PortActive], Told(bare));
        using var byLid = _user.WayTo(0x43);
        var answer = _user.Ask(ManagementUser.Request(ManagementClass.Subnet, ManagementMethod.Get, NodeInfo), byLid).Mad;
        Assert.Equal(bare.Attributes.NodeGuid, Long(answer.AsSpan(Data), 12));
        Assert.Equal(0x43, _user.Completion.SourceLid);
    }

    /// <summary>Where the route goes on and the fabric does not, or a part of it is by LID, the datagram is lost and counted.</summary>
    [Theory]
    [InlineData(new byte[] { 2 }, false)] // an adapter has port 1 only
    [InlineData(new byte[] { 1, 9 }, false)] // nothing is plugged in there
    [InlineData(new byte[] { 1, 0 }, false)]
    [InlineData(new byte[] { 1, 2, 1 }, false)] // an adapter passes nothing on
    [InlineData(new byte[] { 1, 2 }, true)]
    public void ARouteThatLeadsNowhereLosesTheDatagram(byte[] path, bool endsByLid)
    {
        using var way = _user.WayTo();
        var request = ManagementUser.Request(ManagementClass.SubnetDirectedRoute, ManagementMethod.Get, NodeInfo, 0, [], path);
        if (endsByLid)
            (request[34], request[35]) = (0, 2);
        _user.Send(request, way, 0);
        _user.Await(1);
        Assert.Equal(1, _manager.GetPipeline().BackendCounters.Dropped(DropReason.NoRoute));
        Assert.Equal(1, Directed(way, NodeInfo, 1, 2)[Data + 2]);
    }

    [Fact]
    public void AFabricWithoutChecksumsRoutesToo()
    {
        using var first = RdmaPipelineDevice.Open($"{_fabric}x/a?link=ib&icrc=off");
        using var second = RdmaPipelineDevice.Open($"{_fabric}x/b?link=ib&icrc=off");
        var user = new ManagementUser(first, QueuePairType.Smi);
        using var way = user.WayTo();
        var answer = user.Ask(
            ManagementUser.Request(ManagementClass.SubnetDirectedRoute, ManagementMethod.Get, NodeInfo, 0, [], 1, 2), way).Mad;
        Assert.Equal(second.Attributes.NodeGuid, Long(answer.AsSpan(Data), 12));
    }

    private int StateOf(AddressHandle way, uint number)
    {
        var request = ManagementUser.Request(ManagementClass.SubnetDirectedRoute, ManagementMethod.Get, PortInfo, number, [], 1);
        return _user.Ask(request, way).Mad[Data + 32] & 0xF;
    }

    private byte[] Directed(AddressHandle way, ushort attribute, params byte[] path)
    {
        var request = ManagementUser.Request(ManagementClass.SubnetDirectedRoute, ManagementMethod.Get, attribute, 0, [], path);
        var (header, mad) = _user.Ask(request, way);
        Assert.Equal((MadStatus.Success, 0), (header.Status, header.HopPointer));
        return mad;
    }

    private byte[] Get(ushort attribute)
    {
        using var way = _user.WayTo(_node.QueryPort().Lid);
        var (header, mad) = _user.Ask(ManagementUser.Request(ManagementClass.Subnet, ManagementMethod.Get, attribute), way);
        Assert.Equal((MadStatus.Success, attribute), (header.Status, header.Attribute));
        return mad;
    }

    private byte[] Set(ushort attribute, uint modifier, byte[] data, MadStatus status)
    {
        using var way = _user.WayTo(_node.QueryPort().Lid);
        var (header, mad) = _user.Ask(ManagementUser.Request(ManagementClass.Subnet, ManagementMethod.Set, attribute, modifier, data), way);
        Assert.Equal(status, header.Status);
        return mad;
    }

    private static List<AsyncEventType> Told(RdmaDevice device)
    {
        var told = new List<AsyncEventType>();
        while (device.AsyncEvents.TryRead(out var happened))
            told.Add(happened.Type);
        return told;
    }

    private static int Short(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt16BigEndian(data[offset..]);

    private static ulong Long(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt64BigEndian(data[offset..]);
}
