namespace RdmaPipeline.LoadTests;

/// <summary>One operation of a plan.</summary>
/// <param name="Operation">What to do.</param>
/// <param name="Length">Bytes; of atomics 8.</param>
/// <param name="Pattern">Names the bytes; its low half is the immediate data or the operand.</param>
internal readonly record struct LoadStep(LoadOperation Operation, int Length, ulong Pattern)
{
    public uint Immediate => (uint)Pattern;

    public bool TakesReceive =>
        Operation is LoadOperation.Send or LoadOperation.SendWithImmediate or LoadOperation.WriteWithImmediate;
}
