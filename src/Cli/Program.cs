using RdmaPipeline.Cli.Commands;

return await RdmapipeCommand.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
