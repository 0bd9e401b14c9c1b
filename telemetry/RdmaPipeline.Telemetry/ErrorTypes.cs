using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>The statuses of work completions as values of <see cref="AttributeNames.ErrorType"/>, by the standard's numbers.</summary>
public static class ErrorTypes
{
    private static readonly ImmutableArray<string> s_names =
    [
        "success", "local_length_error", "local_qp_operation_error", "local_eec_operation_error", "local_protection_error",
        "work_request_flushed_error", "memory_window_bind_error", "bad_response_error", "local_access_error",
        "remote_invalid_request_error", "remote_access_error", "remote_operation_error", "retry_exceeded_error",
        "rnr_retry_exceeded_error", "local_rdd_violation_error", "remote_invalid_read_request_error", "remote_aborted_error",
        "invalid_eec_number_error", "invalid_eec_state_error", "fatal_error", "response_timeout_error", "general_error",
    ];

    /// <summary>How many statuses there are, success included.</summary>
    public static int Count => s_names.Length;

    /// <summary>The snake_case name of a status.</summary>
    /// <param name="status">The number of the status, 0 to 21 (completion.md 3).</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such status.</exception>
    public static string Name(int status) => (uint)status < (uint)s_names.Length
        ? s_names[status]
        : throw new ArgumentOutOfRangeException(nameof(status), status, $"A status is 0 to {s_names.Length - 1}.");

    /// <summary>The number of a name; −1 when there is no such status.</summary>
    /// <param name="name">A name as <see cref="Name"/> gives it.</param>
    public static int Find(string name) => s_names.IndexOf(name);
}
