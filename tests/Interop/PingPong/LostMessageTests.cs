using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Cli;
using RdmaPipeline.Cli.PingPong;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>One lost packet in the middle of an exchange: who repeats it goes on, who does not says so at both ends.</summary>
public sealed class LostMessageTests
{
    [Theory]
    [InlineData(PingPongService.Uc)]
    [InlineData(PingPongService.Ud)]
    public async Task WithoutRepetitionBothEndsGiveUp(PingPongService service)
    {
        var (left, right) = await RunAsync(service, TimeSpan.FromSeconds(1));
        // Seven there, six back: the seventh back is lost.
        Assert.Equal(
            $"nothing came for 1 s after 7 messages sent and 6 received of 20: one was lost, and {service.Name()} repeats none", left);
        Assert.Equal(
            $"nothing came for 1 s after 7 messages sent and 7 received of 20: one was lost, and {service.Name()} repeats none", right);
    }

    [Fact]
    public async Task AReliableConnectionNoticesNothing() =>
        Assert.Equal((null, null), await RunAsync(PingPongService.Rc, Timeout.InfiniteTimeSpan));

    [Fact]
    public void MessagesThatCannotAllBeKeptAreRefused()
    {
        var options = new PingPongOptions { Service = PingPongService.Srq, Size = 1 << 28, QueuePairs = 8, ReceiveDepth = 8, Check = true };
        using var device = RdmaPipelineDevice.Open("mem://kept/device");
        var fault = Assert.Throws<CliException>(() => new PingPongSession(device, device.SelectGid(), options));
        Assert.StartsWith("-c keeps 8 messages of 268435456 bytes", fault.Message);
    }

    private static async Task<(string? Left, string? Right)> RunAsync(PingPongService service, TimeSpan patience)
    {
        var options = new PingPongOptions { Service = service, Size = 100, Iterations = 20, Events = true, Patience = patience };
        var fabric = $"mem://lost-{service}";
        var lossy = new FaultInjectingBackend(PacketBackends.Open($"{fabric}/right"), new FaultPlan
        {
            Seed = 1,
            Script = (side, number, _) => side == FaultDirection.Send && number == Seventh(service) ? FaultKind.Loss : FaultKind.None,
        });
        using var leftDevice = RdmaPipelineDevice.Open($"{fabric}/left");
        using var rightDevice = RdmaPipelineDevice.Open(lossy);
        using var left = new PingPongSession(leftDevice, leftDevice.SelectGid(), options);
        using var right = new PingPongSession(rightDevice, rightDevice.SelectGid(), options);
        right.Connect(left.Locals);
        left.Connect(right.Locals);
        var rightEnd = Task.Run(() => FaultOf(right, first: false));
        var leftEnd = await FaultOf(left, first: true);
        Assert.Equal(1, lossy.Injected(FaultDirection.Send, FaultKind.Loss));
        return (leftEnd, await rightEnd);
    }

    // Of a reliable connection every second packet is an acknowledgement.
    private static long Seventh(PingPongService service) => service == PingPongService.Rc ? 13 : 6;

    private static async Task<string?> FaultOf(PingPongSession session, bool first)
    {
        try
        {
            await session.RunAsync(first, default);
            return null;
        }
        catch (CliException fault)
        {
            return fault.Message;
        }
    }
}
