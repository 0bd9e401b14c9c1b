namespace RdmaPipeline.Hosting.Control.Taps;

/// <summary>What is tapped.</summary>
/// <param name="Device">The device.</param>
/// <param name="Edge">The edge, as <c>decode→dispatch</c>.</param>
/// <param name="Link">What frames begin with: <c>Ethernet</c> or <c>InfiniBand</c>.</param>
public sealed record ControlTap(string Device, string Edge, string Link);
