using System.CommandLine;
using System.Net;
using RdmaPipeline.Hosting;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>--page PORT</c>: the command shows its pipelines in a browser while it runs.</summary>
public static class PageOption
{
    public static Option<int> Instance { get; } = new Option<int>("--page")
    {
        HelpName = "port",
        Description = "Show the pipelines in a browser meanwhile: the page is served on this port of 127.0.0.1; 0: any that is free.",
    }.Between(0, IPEndPoint.MaxPort);

    /// <summary>Serves the page, if it was asked for, and says where on standard error.</summary>
    public static async Task<RdmaPipelinePage?> StartAsync(ParseResult arguments, CancellationToken cancellation)
    {
        if (arguments.GetResult(Instance) is null) return null;
        var page = await RdmaPipelinePage.StartAsync(
            arguments.GetValue(Instance), options => options.AllowReconfiguration = true, cancellation).ConfigureAwait(false);
        arguments.InvocationConfiguration.Error.WriteLine($"The page is at {page.Address}");
        return page;
    }
}
