namespace RdmaPipeline.Testing;

/// <summary>Lets programs that await go on between two steps of a fabric, one at a time and in order.</summary>
internal sealed class FabricContext(RdmaTestFabric fabric) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => fabric.Continue(() => d(state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;
}
