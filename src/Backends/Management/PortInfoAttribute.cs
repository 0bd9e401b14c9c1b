using System.Numerics;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.NativeIb;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Management;

/// <summary>
/// PortInfo of one port: reads it from the link and lets a subnet manager change what the subnet can follow: LID, LMC, its own LID, the
/// state, subnet timeout and error thresholds, and the call to register again. A Set that asks for more is refused as a whole. Counters of
/// violations are not set here; the user resets them.
/// </summary>
internal sealed class PortInfoAttribute(ISubnetLink link)
{
    public const int GuidsPerBlock = 8;

    /// <summary>Entries that GUIDInfo shows.</summary>
    public const byte GuidCapability = GuidsPerBlock;

    private byte _subnetTimeout = 18;
    private byte _errorThresholds;

    public MadStatus Read(IManagedPort port, uint number, Span<byte> data)
    {
        if (number > 1)
            return MadStatus.InvalidValue;
        Describe(port).Write(data);
        return MadStatus.Success;
    }

    public MadStatus Change(IManagedPort port, uint number, Span<byte> data)
    {
        if (number > 1)
            return MadStatus.InvalidValue;
        var asked = PortInfo.Read(data);
        var status = CanFollow(asked, Describe(port)) && link.TryConfigure(ConfigurationOf(asked))
            ? MadStatus.Success : MadStatus.InvalidValue;
        if (status == MadStatus.Success)
            (_subnetTimeout, _errorThresholds) = (asked.SubnetTimeout, asked.ErrorThresholds);
        (Describe(port) with { ClientReregister = asked.ClientReregister }).Write(data);
        if (status == MadStatus.Success && asked.ClientReregister)
            link.AskToReregister();
        return status;
    }

    private PortInfo Describe(IManagedPort port)
    {
        var now = link.QueryLink();
        return new PortInfo
        {
            GidPrefix = GidAddress.LinkLocalPrefix,
            Lid = now.Lid,
            ManagerLid = now.SubnetManagerLid,
            CapabilityMask = port.CapabilityMask,
            LocalPort = 1,
            LinkWidthEnabled = PortInfo.Single,
            State = (byte)now.State,
            PhysicalState = now.State == LinkState.Down ? PortInfo.Polling : PortInfo.LinkUp,
            LidMaskControl = (byte)now.LidMaskControl,
            LinkSpeedEnabled = PortInfo.Single,
            NeighborMtu = CodeOf(now.ActiveMtu),
            MtuCapability = CodeOf(now.MaxMtu),
            OperationalLanes = PortInfo.Single,
            PartitionKeyViolations = (ushort)Math.Min(port.Dropped(DropReason.BadPkey), ushort.MaxValue),
            QueueKeyViolations = (ushort)Math.Min(port.Dropped(DropReason.BadQkey), ushort.MaxValue),
            GuidCapability = GuidCapability,
            SubnetTimeout = _subnetTimeout,
            ErrorThresholds = _errorThresholds,
        };
    }

    // No management key, other prefix, MTU, service level, width, speed or number of lanes; of the physical states only polling, on the
    // way down, because nobody could reach a port again that sleeps.
    private static bool CanFollow(in PortInfo asked, in PortInfo now) =>
        asked.ManagementKey == 0 && asked.ProtectBits == 0 && asked.GidPrefix == now.GidPrefix && asked.NeighborMtu == now.NeighborMtu
        && asked.ManagerServiceLevel == now.ManagerServiceLevel
        && IsKept(asked.LinkWidthEnabled, now.LinkWidthEnabled) && IsKept(asked.LinkSpeedEnabled, now.LinkSpeedEnabled)
        && IsKept(asked.OperationalLanes, now.OperationalLanes)
        && (IsKept(asked.PhysicalState, now.PhysicalState)
            || (asked.PhysicalState == PortInfo.Polling && asked.State == (byte)LinkState.Down))
        && asked.State is 0 or (byte)LinkState.Down or (byte)LinkState.Armed or (byte)LinkState.Active;

    private static bool IsKept(byte asked, byte now) => asked == 0 || asked == now;

    private static PortConfiguration ConfigurationOf(in PortInfo asked) => new(
        asked.Lid, asked.LidMaskControl, asked.ManagerLid, asked.State == 0 ? null : (LinkState)asked.State);

    // R-WIRE-15: 256 bytes are 1, and so on.
    private static byte CodeOf(int mtu) => (byte)(BitOperations.Log2((uint)mtu) - 7);
}
