using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.HostingTests.Service;

/// <summary>A stage that takes nothing until it is opened: what is in front of it fills up and blocks.</summary>
internal sealed class Valve() : PacketStage("valve")
{
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isOpen;

    /// <summary>Completes when the first burst stands in front of it.</summary>
    public Task Held => _held.Task;

    public void Open()
    {
        _isOpen = true;
        Context.Wake();
    }

    protected override void Process(ref PacketBurst burst)
    {
        if (_isOpen)
            return;
        Defer(burst, BlockedReason.DownstreamFull);
        _held.TrySetResult();
    }
}
