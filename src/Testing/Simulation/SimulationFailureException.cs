namespace RdmaPipeline.Testing.Simulation;

/// <summary>A simulated run went wrong. The message names the seed that replays it.</summary>
/// <param name="message">What was expected and what was seen.</param>
public sealed class SimulationFailureException(string message) : Exception(message);
