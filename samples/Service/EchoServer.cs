using System.Net;
using RdmaPipeline.Hosting.Streams;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Samples.Service;

/// <summary>Sends back what comes, on every stream that is opened to it.</summary>
internal sealed class EchoServer([FromKeyedServices("back")] RdmaDevice device) : BackgroundService
{
    /// <summary>Where the server listens; known once it does.</summary>
    public static TaskCompletionSource<IPEndPoint> Address { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A machine without a free processor is no dead peer: an answer is waited for 4 s, eight times.</summary>
    public static RdmaStreamOptions Patient { get; } = new() { Connect = new ConnectOptions { Timeout = 20 } };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = new RdmaStreamListener(device, new IPEndPoint(IPAddress.Loopback, 0), Patient);
        Address.SetResult(listener.LocalEndpoint);
        var streams = new List<Task>();
        try
        {
            while (true)
                streams.Add(EchoAsync(await listener.AcceptAsync(stoppingToken)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(streams);
        }
    }

    private static async Task EchoAsync(RdmaStream stream)
    {
        await using (stream)
        {
            await stream.CopyToAsync(stream);
            await stream.CompleteWritesAsync();
        }
    }
}
