using System.Text;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Counts which fault hit which opcode under which preset, so that a run can prove what it tried. May be shared by threads.
/// </summary>
public sealed class FaultCoverage
{
    private static readonly FaultKind[] Faults = [FaultKind.Loss, FaultKind.Duplication, FaultKind.Reordering, FaultKind.Corruption];

    private readonly Dictionary<(string Preset, Opcode Opcode, FaultKind Fault), long> _hits = [];

    /// <summary>The opcodes a reliable connection can put on the wire.</summary>
    public static IReadOnlyList<Opcode> ReliableConnectionOpcodes { get; } =
        [.. Enum.GetValues<Opcode>().Where(o => OpcodeTraits.Of(o).Transport == TransportService.ReliableConnection)];

    /// <summary>The opcodes of unreliable connections and datagrams.</summary>
    public static IReadOnlyList<Opcode> UnreliableOpcodes { get; } =
    [
        .. Enum.GetValues<Opcode>().Where(o => OpcodeTraits.Of(o).Transport
            is TransportService.UnreliableConnection or TransportService.UnreliableDatagram),
    ];

    /// <summary>The opcodes that XRC has: the same operations, and nothing else is defined.</summary>
    public static IReadOnlyList<Opcode> ExtendedReliableConnectionOpcodes { get; } =
    [
        .. Enum.GetValues<Opcode>().Where(o => OpcodeTraits.Of(o).Transport == TransportService.ExtendedReliableConnection),
    ];

    /// <summary>Counts one packet.</summary>
    /// <param name="preset">The name of the preset, such as "machines" or "simulated".</param>
    /// <param name="opcode">The packet's opcode.</param>
    /// <param name="fault">What happened to it.</param>
    public void Record(string preset, Opcode opcode, FaultKind fault)
    {
        lock (_hits)
        {
            _hits[(preset, opcode, fault)] = _hits.GetValueOrDefault((preset, opcode, fault)) + 1;
        }
    }

    /// <summary>How often a fault hit an opcode.</summary>
    public long Hits(string preset, Opcode opcode, FaultKind fault)
    {
        lock (_hits) return _hits.GetValueOrDefault((preset, opcode, fault));
    }

    /// <summary>The cells that were hit less often than wanted.</summary>
    /// <param name="preset">The name of the preset.</param>
    /// <param name="opcodes">The legal opcodes.</param>
    /// <param name="least">How often each fault must have hit each of them.</param>
    public IReadOnlyList<string> FindGaps(string preset, IReadOnlyList<Opcode> opcodes, long least) =>
    [
        .. from opcode in opcodes
           from fault in Faults
           let hits = Hits(preset, opcode, fault)
           where hits < least
           select $"{preset} {opcode} {fault}: {hits} of {least}",
    ];

    /// <summary>A table: one line for each opcode, one column for each fault.</summary>
    /// <param name="preset">The name of the preset.</param>
    /// <param name="opcodes">The opcodes to list.</param>
    public string ToTable(string preset, IReadOnlyList<Opcode> opcodes)
    {
        var text = new StringBuilder().Append($"{preset,-26}");
        FaultKind[] columns = [FaultKind.None, .. Faults];
        foreach (var fault in columns) text.Append($"{fault,12}");
        foreach (var opcode in opcodes)
        {
            text.AppendLine().Append($"{opcode,-26}");
            foreach (var fault in columns) text.Append($"{Hits(preset, opcode, fault),12}");
        }

        return text.ToString();
    }
}
