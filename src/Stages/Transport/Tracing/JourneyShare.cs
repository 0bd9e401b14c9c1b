namespace RdmaPipeline.Transport.Tracing;

/// <summary>A traced message and how many packets of it a burst has.</summary>
internal record struct JourneyShare(MessageTrace Message, int Packets);
