using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>
/// A short exchange of the device with itself before the real one. The first packets through a fresh process wait for its code to be
/// compiled, which can take longer than the peer's ACK timeout of 67 ms: it would repeat what was never lost.
/// </summary>
public static class PingPongRehearsal
{
    /// <summary>Exchanges messages between two queue pairs of the device, over its own address.</summary>
    public static async Task RunAsync(RdmaDevice device, int gidIndex, PingPongOptions options, CancellationToken cancellation)
    {
        var size = options.Service == PingPongService.Ud ? options.Size : 2 * options.Mtu + 1;
        var rehearsal = options with { Size = size, Iterations = 32, ReceiveDepth = 8, QueuePairs = 1 };
        using var a = new PingPongSession(device, gidIndex, rehearsal);
        using var b = new PingPongSession(device, gidIndex, rehearsal with { Events = true });
        a.Connect(b.Locals);
        b.Connect(a.Locals);
        var other = Task.Run(() => b.RunAsync(first: false, cancellation), cancellation);
        await a.RunAsync(first: true, cancellation).ConfigureAwait(false);
        await other.ConfigureAwait(false);
    }
}
