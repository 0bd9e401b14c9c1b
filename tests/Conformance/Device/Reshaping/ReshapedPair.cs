using RdmaPipeline.Testing.Reshaping;

namespace RdmaPipeline.ConformanceTests.Device.Reshaping;

/// <summary>What has to be true of two devices whose graphs were changed under load.</summary>
internal static class ReshapedPair
{
    /// <summary>Lets everything arrive that is under way, and looks at what has.</summary>
    public static void AssertDelivered(DevicePair pair, TwoWayLoad load)
    {
        pair.Until(() =>
        {
            load.Pump(post: false);
            return load.IsSettled;
        }, "everything delivered");
        var figures = load.Figures;
        Assert.Equal((figures.Sent, 0, 0, 0), (figures.Delivered, figures.Lost, figures.Reordered, figures.Damaged));
    }
}
