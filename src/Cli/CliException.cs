namespace RdmaPipeline.Cli;

/// <summary>A failure whose message is all the user needs: printed as one line, exit code 1.</summary>
public sealed class CliException(string message) : Exception(message);
