using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>The fault matrix through the whole pipeline: every preset in memory, and sockets.</summary>
[Collection(DeviceCollection.Name)]
public class FaultMatrixTests
{
    public static TheoryData<DeviceSetup, string> Cells
    {
        get
        {
            var cells = new TheoryData<DeviceSetup, string>();
            foreach (var setup in DeviceSetup.EveryPreset)
            {
                foreach (var row in FaultMatrix.Rows)
                    cells.Add(setup, row.Cause);
            }
            return cells;
        }
    }

    [Theory] // completion.md 3 and 3.1, responder.md 10, verbs.md 6.2
    [MemberData(nameof(Cells))]
    public void AFaultEndsAsTheMatrixSays(DeviceSetup setup, string cause)
    {
        using var scene = new FaultScene(setup, FaultMatrix.Find(cause));
        new FaultTrial(scene).Run();
    }
}
