using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Simulation;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>What scenes use one after the other: memory, which costs more to make than to clean.</summary>
internal sealed class MachineWorld
{
    private const long MostAllocatedByReceiving = 32 * 1024;

    private readonly Stack<FlyingFrame> _landed = [];
    private long _allocated;

    public MemoryArena[] Arenas { get; } = [new(), new()];

    public SimulatedFrames Frames { get; } = new();

    public PacketForge Forge { get; } = new();

    public FlyingFrame TakeOff() => _landed.TryPop(out var frame) ? frame : new FlyingFrame();

    public void Land(FlyingFrame frame) => _landed.Push(frame);

    // The pools take their memory with their first bursts, which is not the first scene's fault.
    public MachineWorld() =>
        Frames.Receive(new byte[1], new SimulatedNode(new VirtualTimeProvider(), Frames, (_, _) => { }, default, new SplitMix(0)));

    /// <summary>Another scene begins.</summary>
    public void Begin() => _allocated = 0;

    /// <summary>What receiving a packet allocated: events, and nothing that the packet decides.</summary>
    public void CountAllocated(long bytes) => _allocated += bytes;

    public void Check()
    {
        foreach (var arena in Arenas) arena.Check();
        if (_allocated > MostAllocatedByReceiving) throw new FuzzFailureException($"receiving packets allocated {_allocated} bytes");
    }
}
