using Microsoft.Extensions.Hosting;

namespace RdmaPipeline.Hosting.Page;

/// <summary>Lives as long as its owner says, and leaves Ctrl+C to the program around it.</summary>
internal sealed class QuietLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
