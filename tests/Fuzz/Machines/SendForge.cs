using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>Makes send work requests out of the bytes of a record and posts them.</summary>
internal static class SendForge
{
    private static readonly SendOpcode[] Opcodes =
    [
        SendOpcode.Send, SendOpcode.RdmaWrite, SendOpcode.RdmaRead, SendOpcode.SendWithImmediate, SendOpcode.RdmaWriteWithImmediate,
        SendOpcode.CompareAndSwap, SendOpcode.FetchAndAdd, SendOpcode.AtomicWrite, SendOpcode.Flush, SendOpcode.SendWithInvalidate,
        SendOpcode.LocalInvalidate, SendOpcode.BindMemoryWindow, SendOpcode.RegisterMemoryRegion, SendOpcode.RdmaReadWithInvalidate,
        SendOpcode.Send, SendOpcode.RdmaWrite,
    ];

    /// <exception cref="RdmaException">The request is refused.</exception>
    public static void Post(SceneEnd end, SceneEnd peer, ref RecordReader choices)
    {
        var opcode = Opcodes[choices.Below(Opcodes.Length)];
        var flags = (SendFlags)(choices.Byte() & 0xF);
        var (key, start) = peer.Memory.Key(choices.Below(40) % 32);
        var offset = (uint)(choices.Byte() * 16);
        var request = new SendWorkRequest
        {
            WorkRequestId = end.Ledger.NextSend, Opcode = opcode, Flags = flags, RemoteKey = key, RemoteAddress = start + offset,
            Immediate = 0x01020304,
            InvalidateKey = (opcode == SendOpcode.LocalInvalidate ? end : peer).Memory.Key(10 + choices.Below(20)).Key,
            RemoteSharedReceiveQueue = peer.PoolNumber(choices.Byte()), CompareAdd = choices.Byte(), Swap = 7,
            Address = end.Way, RemoteQueuePair = choices.OneIn(16) ? choices.Byte() : peer.Receiver.Number,
            RemoteQueueKey = choices.OneIn(16) ? uint.MaxValue : SceneEnd.QueueKey,
            FlushLength = offset, FlushPlacement = (FlushPlacement)choices.Between(1, 3),
            FlushSelectivity = (FlushSelectivity)choices.Below(2),
        };
        if (HasMemory(opcode)) request = WithMemory(request, end, ref choices);
        else if (opcode == SendOpcode.BindMemoryWindow) request = request with { MemoryOperation = end.Memory.Bind(ref choices) };
        else if (opcode == SendOpcode.RegisterMemoryRegion)
            request = request with { MemoryOperation = end.Memory.FastRegister(ref choices) };
        if (end.Sender.TryPostSend(request)) end.Posted(request);
    }

    private static bool HasMemory(SendOpcode opcode) => opcode is not (SendOpcode.LocalInvalidate or SendOpcode.BindMemoryWindow
        or SendOpcode.RegisterMemoryRegion or SendOpcode.Flush);

    private static SendWorkRequest WithMemory(in SendWorkRequest request, SceneEnd end, ref RecordReader choices)
    {
        var isFixed = request.Opcode is SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd or SendOpcode.AtomicWrite;
        if ((request.Flags & SendFlags.Inline) != 0)
            return request with { InlineData = new byte[isFixed ? 8 : choices.Byte() % 66] };
        var entries = new ScatterGatherEntry[isFixed ? 1 : choices.Below(4)];
        for (var i = 0; i < entries.Length; i++)
        {
            var choice = choices.Byte();
            entries[i] = end.Memory.Entry(choice < 200 ? 12 : choice, (uint)(choices.Byte() * 16), isFixed ? 8 : end.Size(ref choices));
        }

        return request with { Entries = entries };
    }
}
