namespace RdmaPipeline.Testing.Model;

/// <summary>A device did what the standard does not allow.</summary>
/// <param name="message">What it did, and what it should have done.</param>
public sealed class ModelViolationException(string message) : Exception(message);
