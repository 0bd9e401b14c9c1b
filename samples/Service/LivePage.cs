using RdmaPipeline.Hosting;

namespace RdmaPipeline.Samples.Service;

/// <summary>What operators see of the service, and what they may change.</summary>
internal static class LivePage
{
    public static void MapLivePage(this WebApplication app) => app.MapRdmaPipeline("/rdma", page =>
    {
        page.Period = TimeSpan.FromMilliseconds(500);
        page.AllowReconfiguration = true;                       // buttons that reshape the running graphs
        page.OfferStage("largest_packet", "knows the largest packet that has passed", () => new LargestPacket());
    });
}
