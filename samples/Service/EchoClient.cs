using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Samples.Service;

/// <summary>Sends a piece of data a hundred times a second and makes sure that it comes back.</summary>
internal sealed partial class EchoClient([FromKeyedServices("front")] RdmaDevice device, ILogger<EchoClient> logger) : BackgroundService
{
    private const int Size = 64 * 1024;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var server = await EchoServer.Address.Task.WaitAsync(stoppingToken);
        await using var stream = await RdmaStream.ConnectAsync(device, server, EchoServer.Patient, stoppingToken);
        var (data, echo) = (new byte[Size], new byte[Size]);
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        long rounds = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            Random.Shared.NextBytes(data);
            await stream.WriteAsync(data, CancellationToken.None);
            await stream.ReadExactlyAsync(echo, CancellationToken.None);
            if (!data.AsSpan().SequenceEqual(echo))
                throw new InvalidDataException($"round {rounds}: what came back is not what was sent");
            rounds++;
            await clock.WaitForNextTickAsync(CancellationToken.None);
        }

        await stream.CompleteWritesAsync(CancellationToken.None);
        Echoed(logger, rounds);
    }

    [LoggerMessage(1, LogLevel.Information, "{Rounds} rounds, each as it was sent")]
    private static partial void Echoed(ILogger logger, long rounds);
}
