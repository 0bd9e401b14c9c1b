namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>An input showed something that must not be.</summary>
internal sealed class FuzzFailureException(string message, Exception? cause = null) : Exception(message, cause);
