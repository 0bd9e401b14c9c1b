using System.Runtime.InteropServices;
using RdmaPipeline.Testing;

namespace RdmaPipeline.Cli.Demo;

/// <summary>
/// Messages side by side in a buffer, with bytes around them that nobody may touch. What belongs in a slot is computed from a seed
/// whenever it is needed, never copied from the other side.
/// </summary>
/// <param name="size">Bytes of a message.</param>
/// <param name="count">Messages side by side.</param>
public sealed class DemoSlots(int size, int count)
{
    private const int Guard = 64;

    private int Stride => (size + Guard - 1) / Guard * Guard + Guard;

    private int End => Guard + count * Stride;

    /// <summary>Where the message of a slot begins; the bytes before it, and those between its end and the next slot, are guards.</summary>
    public int Offset(int slot) => Guard + slot * Stride;

    /// <summary>Fills the slots and what is around them for <paramref name="seed"/>.</summary>
    public void Fill(Span<byte> memory, ulong seed) => PatternGenerator.Fill(memory[..End], seed);

    /// <summary>Writes the opposite of what belongs there, so that every byte which is not written, or written beside, shows.</summary>
    public void Poison(Span<byte> memory, ulong seed)
    {
        Fill(memory, seed);
        Invert(memory[..End]);
    }

    /// <summary>
    /// Whether every slot holds its message and no guard changed since <see cref="Poison"/>; inverts the guards on its way.
    /// </summary>
    public bool Verify(Span<byte> memory, ulong seed)
    {
        Invert(memory[..Guard]);
        for (var slot = 0; slot < count; slot++) Invert(memory[(Offset(slot) + size)..Offset(slot + 1)]);
        return PatternGenerator.FindMismatch(memory[..End], seed) < 0;
    }

    private static void Invert(Span<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ref var word in words) word = ~word;
        foreach (ref var last in bytes[(words.Length * sizeof(ulong))..]) last = (byte)~last;
    }
}
