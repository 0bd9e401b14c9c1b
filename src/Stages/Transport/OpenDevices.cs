using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>The devices of this process that are open and run by themselves.</summary>
internal static class OpenDevices
{
    private static readonly Lock s_gate = new();
    private static RdmaDevice[] s_devices = [];

    /// <summary>Those of this moment, in the order of their opening.</summary>
    public static IReadOnlyList<RdmaDevice> Snapshot => Volatile.Read(ref s_devices);

    /// <summary>Takes in a device that was opened.</summary>
    public static void Add(RdmaDevice device)
    {
        lock (s_gate)
            s_devices = [.. s_devices, device];
    }

    /// <summary>Forgets a device that closes.</summary>
    public static void Remove(RdmaDevice device)
    {
        lock (s_gate)
            s_devices = [.. s_devices.Where(other => other != device)];
    }
}
