using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>Drops the first packet that comes.</summary>
internal sealed class DropsOne : PacketStage
{
    private bool _isDone;

    protected override void Process(ref PacketBurst burst)
    {
        if (_isDone)
            return;
        _isDone = true;
        Drop(ref burst, 1, DropReason.InjectedFault);
    }
}
