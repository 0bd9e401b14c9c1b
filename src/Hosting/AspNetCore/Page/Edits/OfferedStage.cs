using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>A stage the application lets the page put in.</summary>
internal sealed record OfferedStage(string Description, Func<IStage<PacketBurst>> Factory);
