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
                foreach (var row in FaultMatrix.Rows.Where(row => Plays(row, setup)))
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

    [Fact] // completion.md 3
    public void EveryStatusHasARowOrAReason()
    {
        var sends = FaultMatrix.Rows.Select(row => row.Verdict.Status).Concat(FaultMatrix.Rows.Select(row => row.Verdict.Behind ?? 0));
        var receives = FaultMatrix.Rows.Select(row => row.Verdict.Receive ?? 0);
        var proven = sends.Concat(receives).Append(WorkCompletionStatus.WorkRequestFlushedError).ToHashSet();
        var reasons = FaultMatrix.WithoutRow.Keys;
        Assert.Empty(proven.Intersect(reasons));
        Assert.Equal(Enum.GetValues<WorkCompletionStatus>().Order(), proven.Union(reasons).Order());
    }

    [Theory] // R-REQ-33: whatever an acknowledgement says, it ends in one of the statuses of the standard's table.
    [MemberData(nameof(Halves))]
    public void EverySyndromeEndsInItsStatus(int first)
    {
        using var pair = Answered(out var responses);
        for (int syndrome = first; syndrome < first + 0x40; syndrome++)
        {
            responses.Touch = Bytes.Syndrome((byte)syndrome);
            var (a, b) = pair.Connect(options: new ConnectOptions { Timeout = 8, RetryCount = 0, RnrRetry = 0 });
            a.PostSend(new SendWorkRequest { WorkRequestId = (ulong)syndrome, Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled });
            var completion = pair.Next(pair.QueueA);
            Assert.Equal(((ulong)syndrome, StatusOf(syndrome)), (completion.WorkRequestId, completion.Status));
            a.Dispose();
            b.Dispose();
        }
    }

    private static bool Plays(FaultRow row, DeviceSetup setup)
    {
        bool isTypical = setup.Preset is PipelinePreset.Staged or PipelinePreset.Simulated;
        return (!row.NeedsOneBurst || setup.Medium == "mem") && (!row.IsRepetition || isTypical);
    }

    public static TheoryData<int> Halves => [0x00, 0x40, 0x80, 0xC0];

    // Bit 7 is reserved and means nothing; the others are type and code (R-WIRE-12).
    private static WorkCompletionStatus StatusOf(int syndrome) => (syndrome & 0x7F) switch
    {
        < 0x20 => WorkCompletionStatus.Success,
        < 0x40 => WorkCompletionStatus.RnrRetryExceededError,
        0x61 => WorkCompletionStatus.RemoteInvalidRequestError,
        0x62 => WorkCompletionStatus.RemoteAccessError,
        0x63 => WorkCompletionStatus.RemoteOperationError,
        _ => WorkCompletionStatus.RetryExceededError,
    };

    private static DevicePair Answered(out Wire responses)
    {
        var setup = new DeviceSetup("mem", PipelinePreset.Fused);
        var wire = responses = new Wire(Transport.StageNames.Decode);
        return new DevicePair(setup, setup.Options with { Graph = wire.PutInto }, setup.Options);
    }
}
