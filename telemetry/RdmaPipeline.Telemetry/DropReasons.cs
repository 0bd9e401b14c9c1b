using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>The names under which drop reasons appear in metrics, spans and descriptions.</summary>
public static class DropReasons
{
    private static readonly ImmutableArray<string> s_names =
    [
        "none", "icrc_mismatch", "bad_header", "bad_opcode", "bad_pkey", "bad_qkey", "unknown_qp", "qp_state", "bad_length",
        "bad_transport", "duplicate", "out_of_sequence", "stale_ack", "no_receive_buffer", "srq_empty", "mr_violation", "mtu_exceeded",
        "queue_full", "socket_error", "injected_fault", "reconfiguration", "no_route", "ttl",
        "vcrc_mismatch",
    ];

    /// <summary>How many values <see cref="DropReason"/> has, <see cref="DropReason.None"/> included.</summary>
    public static int Count => s_names.Length;

    /// <summary>The snake_case name of a reason.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not on the closed list.</exception>
    public static string Name(DropReason reason) => (int)reason < s_names.Length
        ? s_names[(int)reason]
        : throw new ArgumentOutOfRangeException(nameof(reason), reason, $"A drop reason is 0 to {s_names.Length - 1}.");

    /// <summary>The reason of a name; <see cref="DropReason.None"/> when there is no such reason.</summary>
    /// <param name="name">A name as <see cref="Name"/> gives it.</param>
    public static DropReason Find(string name) => (DropReason)Math.Max(0, s_names.IndexOf(name));

    /// <summary>Whether the loss was somebody's decision (a fault script, a reconfiguration) rather than an error.</summary>
    public static bool IsIntentional(DropReason reason) => reason is DropReason.InjectedFault or DropReason.Reconfiguration;
}
