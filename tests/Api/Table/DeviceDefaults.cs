using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Table;

/// <summary>What every device offers, whatever its back-end (verbs.md 8).</summary>
internal static class DeviceDefaults
{
    public const DeviceCapabilities Capabilities = DeviceCapabilities.BadPkeyCounter | DeviceCapabilities.BadQkeyCounter
        | DeviceCapabilities.ChangePhysicalPort | DeviceCapabilities.DatagramPortEnforced | DeviceCapabilities.PortActiveEvent
        | DeviceCapabilities.SystemImageGuid | DeviceCapabilities.RnrNakGeneration;
}
