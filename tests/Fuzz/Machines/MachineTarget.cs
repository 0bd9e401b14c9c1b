using RdmaPipeline.FuzzTests.Engine;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>
/// Requester, completer, responder and acknowledgement generator of a connected pair, of every service: genuine packets lost, doubled,
/// late and changed, packets that nobody sent, work requests, timers and changes of state, in the order of the records.
/// </summary>
/// <param name="canary">A fault to plant, so that it can be seen that it is found.</param>
internal sealed class MachineTarget(MachineCanary canary = MachineCanary.None) : IFuzzTarget
{
    private readonly MachineWorld _world = new();

    public string Name => "machines";

    public int HeaderLength => SceneSettings.Length;

    public int RecordLength => 32;

    public int MaxRecords => 64;

    public long MaxAllocatedBytes => 2 * 1024 * 1024;

    public void Run(ReadOnlySpan<byte> input, FuzzTally tally)
    {
        _world.Begin();
        var scene = new MachineScene(SceneSettings.Read(input), _world, tally, canary);
        for (var records = input[HeaderLength..]; !records.IsEmpty; records = records[Math.Min(RecordLength, records.Length)..])
            scene.Play(records[..Math.Min(RecordLength, records.Length)]);
        scene.Finish();
    }
}
