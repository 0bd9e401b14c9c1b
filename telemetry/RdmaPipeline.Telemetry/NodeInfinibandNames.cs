using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// The names under which Prometheus' node exporter shows the ports of adapters, so that a dashboard made for those shows these devices too.
/// </summary>
public static class NodeInfinibandNames
{
    /// <summary>What all of them begin with.</summary>
    public const string Prefix = "node_infiniband_";

    /// <summary>The counters of an mlx5 adapter, and what the node exporter calls them after <see cref="Prefix"/>.</summary>
    public static ImmutableArray<(string Counter, string Metric)> OfAdapter { get; } =
    [
        ("duplicate_request", "duplicate_requests_packets_total"),
        ("implied_nak_seq_err", "implied_nak_seq_errors_total"),
        ("local_ack_timeout_err", "local_ack_timeout_errors_total"),
        ("out_of_buffer", "out_of_buffer_drops_total"),
        ("out_of_sequence", "out_of_sequence_packets_received_total"),
        ("packet_seq_err", "packet_sequence_errors_total"),
        ("req_cqe_error", "req_cqes_errors_total"),
        ("req_cqe_flush_error", "req_cqes_flush_errors_total"),
        ("req_remote_access_errors", "req_remote_access_errors_total"),
        ("req_remote_invalid_request", "req_remote_invalid_request_errors_total"),
        ("resp_cqe_error", "resp_cqes_errors_total"),
        ("resp_cqe_flush_error", "resp_cqes_flush_errors_total"),
        ("resp_local_length_error", "resp_local_length_errors_total"),
        ("resp_remote_access_errors", "resp_remote_access_errors_total"),
        ("rnr_nak_retry_err", "rnr_nak_retry_packets_received_total"),
        ("rx_atomic_requests", "rx_atomic_requests_total"),
        ("rx_icrc_encapsulated", "rx_icrc_encapsulated_errors_total"),
        ("rx_read_requests", "rx_read_requests_total"),
        ("rx_write_requests", "rx_write_requests_total"),
    ];

    /// <summary>Bytes a port took in.</summary>
    public const string DataReceived = "port_data_received_bytes_total";

    /// <summary>Bytes a port sent.</summary>
    public const string DataTransmitted = "port_data_transmitted_bytes_total";

    /// <summary>Packets a port took in.</summary>
    public const string PacketsReceived = "port_packets_received_total";

    /// <summary>Packets a port sent.</summary>
    public const string PacketsTransmitted = "port_packets_transmitted_total";

    /// <summary>Times the link went down.</summary>
    public const string LinkDowned = "link_downed_total";

    /// <summary>The port's state by the standard's number: 1 down, 2 init, 3 armed, 4 active, 5 active and deferred.</summary>
    public const string State = "state_id";

    /// <summary>The port's physical state by the standard's number: 3 disabled, 5 link up, …</summary>
    public const string PhysicalState = "physical_state_id";
}
