namespace RdmaPipeline.Verbs;

/// <summary>What holds for one send opcode, as data (verbs.md 7, requester.md 13, completion.md 2).</summary>
/// <param name="Opcode">The opcode.</param>
/// <param name="Completion">The opcode of its completion.</param>
/// <param name="AllowsInline">Its payload may be copied when posted (R-REQ-12).</param>
/// <param name="Form">What else its work request must be like.</param>
/// <param name="Needs">A device needs any of these features to offer it; none: every device does.</param>
internal sealed record SendOpcodeTraits(
    SendOpcode Opcode, WorkCompletionOpcode Completion, bool AllowsInline, SendForm Form, DeviceCapabilities Needs)
{
    private const DeviceCapabilities FastRegistration = DeviceCapabilities.MemoryManagementExtensions;
    private const DeviceCapabilities Flushing = DeviceCapabilities.FlushGlobal | DeviceCapabilities.FlushPersistent;

    private static readonly SendOpcodeTraits?[] Table = Build(
        new(SendOpcode.RdmaWrite, WorkCompletionOpcode.RdmaWrite, true, SendForm.Message, 0),
        new(SendOpcode.RdmaWriteWithImmediate, WorkCompletionOpcode.RdmaWrite, true, SendForm.Message, 0),
        new(SendOpcode.Send, WorkCompletionOpcode.Send, true, SendForm.Message, 0),
        new(SendOpcode.SendWithImmediate, WorkCompletionOpcode.Send, true, SendForm.Message, 0),
        new(SendOpcode.RdmaRead, WorkCompletionOpcode.RdmaRead, false, SendForm.Message, 0),
        new(SendOpcode.CompareAndSwap, WorkCompletionOpcode.CompareAndSwap, false, SendForm.EightBytes, 0),
        new(SendOpcode.FetchAndAdd, WorkCompletionOpcode.FetchAndAdd, false, SendForm.EightBytes, 0),
        new(SendOpcode.LocalInvalidate, WorkCompletionOpcode.LocalInvalidate, false, SendForm.Invalidation, FastRegistration),
        new(SendOpcode.BindMemoryWindow, WorkCompletionOpcode.BindMemoryWindow, false, SendForm.MemoryOperation,
            DeviceCapabilities.MemoryWindow),
        new(SendOpcode.SendWithInvalidate, WorkCompletionOpcode.Send, true, SendForm.Message, 0),
        new(SendOpcode.Flush, WorkCompletionOpcode.Flush, false, SendForm.Flush, Flushing),
        new(SendOpcode.AtomicWrite, WorkCompletionOpcode.AtomicWrite, true, SendForm.EightBytes, DeviceCapabilities.AtomicWrite),
        new(SendOpcode.RegisterMemoryRegion, WorkCompletionOpcode.RegisterMemoryRegion, false, SendForm.MemoryOperation,
            FastRegistration));

    /// <summary>The bit of an opcode in a set of opcodes.</summary>
    /// <param name="opcode">Any number.</param>
    /// <returns>One bit, or 0 for a number outside the standard's.</returns>
    public static ulong Bit(SendOpcode opcode) => (uint)opcode < 64 ? 1UL << (int)opcode : 0;

    /// <summary>The traits of an opcode.</summary>
    /// <param name="opcode">An opcode that was accepted when it was posted.</param>
    /// <returns>The traits.</returns>
    public static SendOpcodeTraits Of(SendOpcode opcode) => Table[(int)opcode]!;

    /// <summary>The opcodes that a device with these features executes.</summary>
    /// <param name="capabilities">The features.</param>
    /// <returns>A set of <see cref="Bit"/>s.</returns>
    public static ulong OfferedBy(DeviceCapabilities capabilities)
    {
        ulong offered = 0;
        foreach (SendOpcodeTraits? traits in Table)
            if (traits is not null && (traits.Needs == 0 || (traits.Needs & capabilities) != 0))
                offered |= Bit(traits.Opcode);
        return offered;
    }

    private static SendOpcodeTraits?[] Build(params ReadOnlySpan<SendOpcodeTraits> rows)
    {
        var table = new SendOpcodeTraits?[64];
        foreach (SendOpcodeTraits row in rows)
            table[(int)row.Opcode] = row;
        return table;
    }
}
