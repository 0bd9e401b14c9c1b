using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Demo;

/// <summary>
/// Atomics on one word of the peer, several in flight: the value each returns and the value left behind are compared with a model
/// that executes them one after the other.
/// </summary>
public sealed class DemoAtomics(DemoEnd asking, DemoEnd asked)
{
    private const int Target = 64;
    private const int Results = 4096 - 16 * sizeof(ulong);

    private readonly WorkCompletion[] _done = new WorkCompletion[16];
    private ulong _model = 0xFFFF_FFFF_FFFF_FF00;

    /// <summary>Executes <paramref name="count"/> of them, at most 16.</summary>
    public bool Run(DemoOperation operation, int count)
    {
        MemoryMarshal.Write(asked.Memory[Target..], _model);
        asking.Memory.Slice(Results, count * sizeof(ulong)).Clear();
        var expected = new ulong[count];
        for (var k = 0; k < count; k++)
        {
            expected[k] = _model;
            Post(operation, k);
        }

        asking.Await(_done.AsSpan(0, count), operation.Name, asked);
        var returned = MemoryMarshal.Cast<byte, ulong>(asking.Memory.Slice(Results, count * sizeof(ulong)));
        return returned.SequenceEqual(expected) && MemoryMarshal.Read<ulong>(asked.Memory[Target..]) == _model;
    }

    private void Post(DemoOperation operation, int k)
    {
        var swaps = operation.Opcode == SendOpcode.CompareAndSwap;
        var operand = swaps ? (k % 3 == 2 ? ~_model : _model) : 0x0123_4567_89AB_CDEF * (ulong)(k + 1);
        var swap = swaps ? BinaryPrimitives.ReverseEndianness(_model + (ulong)k + 1) : 0;
        asking.QueuePair.PostSend(new SendWorkRequest
        {
            WorkRequestId = (ulong)k,
            Opcode = operation.Opcode,
            Entry = asking.Entry(Results + k * sizeof(ulong), sizeof(ulong)),
            RemoteAddress = asked.Region.Address + Target,
            RemoteKey = asked.Region.RemoteKey,
            CompareAdd = operand,
            Swap = swap,
        });
        _model = swaps ? (operand == _model ? swap : _model) : unchecked(_model + operand);
    }
}
