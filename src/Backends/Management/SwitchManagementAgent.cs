using System.Text.Unicode;

namespace RdmaPipeline.Backends.Management;

/// <summary>
/// The subnet management agent of a fabric's switch: Get of NodeDescription, NodeInfo and PortInfo, which is what finding out who is
/// plugged in takes. The fabric configures itself, so there is nothing to set.
/// </summary>
internal sealed class SwitchManagementAgent(ISwitch node)
{
    private const byte ClassVersion = 1;
    private const int DataOffset = 64;
    private const int DataLength = 64;
    private const ushort ManagerLid = 1;
    private const ulong Guid = 0x0200_0000_FFFF_0001;

    /// <summary>Answers a request in its own place.</summary>
    /// <param name="mad">The datagram.</param>
    /// <param name="arrival">The port it came in by.</param>
    /// <returns>False when it is no request.</returns>
    public bool TryAnswer(Span<byte> mad, byte arrival)
    {
        if (!MadHeader.TryParse(mad, out var header) || !header.IsRequest)
            return false;
        var data = mad.Slice(DataOffset, DataLength);
        var status = header.ClassVersion == ClassVersion ? Execute(header, arrival, data) : MadStatus.BadVersion;
        header.Answer(status).Write(mad);
        return true;
    }

    private MadStatus Execute(in MadHeader header, byte arrival, Span<byte> data) => (header.Attribute, header.Method) switch
    {
        (0x10, ManagementMethod.Get) => Describe(data),
        (0x11, ManagementMethod.Get) => NodeInfo.Switch(Guid, node.PortCount, arrival).Write(data),
        (0x15, ManagementMethod.Get) => ReadPort(header.AttributeModifier, arrival, data),
        _ => MadStatus.UnsupportedAttribute,
    };

    private MadStatus Describe(Span<byte> data)
    {
        data.Clear();
        Utf8.FromUtf16(node.Description, data, out _, out _);
        return MadStatus.Success;
    }

    // Port 0 is the switch itself, which is always there.
    private MadStatus ReadPort(uint number, byte arrival, Span<byte> data)
    {
        if (number > node.PortCount)
            return MadStatus.InvalidValue;
        var link = number == 0 ? LinkState.Active : node.LinkAt((int)number)?.State ?? LinkState.Down;
        new PortInfo
        {
            Lid = number == 0 ? ManagerLid : (ushort)0,
            ManagerLid = ManagerLid,
            LocalPort = arrival,
            LinkWidthEnabled = PortInfo.Single,
            LinkSpeedEnabled = PortInfo.Single,
            OperationalLanes = PortInfo.Single,
            State = (byte)link,
            PhysicalState = link == LinkState.Down ? PortInfo.Polling : PortInfo.LinkUp,
        }.Write(data);
        return MadStatus.Success;
    }
}
