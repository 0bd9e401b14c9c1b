namespace RdmaPipeline.Testing;

/// <summary>Sends packets on by the shortest way over the links that are up.</summary>
public sealed class FabricSwitch : FabricNode
{
    private readonly long _forwarding;

    internal FabricSwitch(RdmaTestFabric fabric, string name, int number, TimeSpan forwarding)
        : base(fabric, name, number) => _forwarding = forwarding.Ticks * TimeSpan.NanosecondsPerTick;

    internal override void Arrive(FabricPacket packet) =>
        Fabric.Time.Schedule(Fabric.Time.Nanoseconds + _forwarding, () => Forward(packet));
}
