namespace RdmaPipeline.Verbs;

/// <summary>
/// The checks of modify_qp on values (R-VERB-16). Which attributes a transition needs and allows (R-VERB-15) is checked by the queue
/// pair's own state machine.
/// </summary>
internal static class QueuePairAttributeCheck
{
    private const ushort LastUnicastLid = 0xBFFF;

    /// <summary>Refuses values that no queue pair of the device may have.</summary>
    /// <param name="device">The device.</param>
    /// <param name="attributes">What shall be set.</param>
    /// <param name="currentPort">The port in force, used when none is set.</param>
    /// <exception cref="RdmaException">EINVAL.</exception>
    public static void Check(RdmaDevice device, QueuePairAttributes attributes, int currentPort)
    {
        if (attributes.Port is { } given)
            device.CheckPort(given);
        CheckRange("timeout", attributes.Timeout, 31);
        CheckRange("retry_cnt", attributes.RetryCount, 7);
        CheckRange("rnr_retry", attributes.RnrRetry, 7);
        CheckRange("min_rnr_timer", attributes.MinRnrTimer, 31);
        CheckRange("max_rd_atomic", attributes.MaxReadAtomic, device.Attributes.MaxQueuePairInitiatorReadAtomic);
        CheckRange("max_dest_rd_atomic", attributes.MaxDestinationReadAtomic, device.Attributes.MaxQueuePairReadAtomic);
        if (attributes.DestinationQueuePair >= 1 << 24)
            throw RdmaException.Invalid($"dest_qp_num is 0x{attributes.DestinationQueuePair:x}; it has 24 bits, the limit is 0xffffff");
        CheckStates(attributes);
        CheckPortValues(device, attributes, attributes.AddressVector?.Port ?? attributes.Port ?? currentPort);
    }

    private static void CheckStates(QueuePairAttributes attributes)
    {
        if (attributes.State is < QueuePairState.Reset or > QueuePairState.Error)
            throw RdmaException.Invalid($"qp_state is {(int)attributes.State}; it must be 0 to 6");
        if (attributes.CurrentState is { } current and (< QueuePairState.ReadyToReceive or > QueuePairState.SendQueueError))
            throw RdmaException.Invalid($"cur_qp_state is {current}; only RTR, RTS, SQD and SQE may be assumed");
    }

    private static void CheckPortValues(RdmaDevice device, QueuePairAttributes attributes, int port)
    {
        PortAttributes state = device.QueryPort(port);
        CheckRange("pkey_index", attributes.PkeyIndex, state.PkeyTableLength - 1);
        if (attributes.PathMtu is { } mtu && (mtu < PathMtu.Mtu256 || mtu > state.ActiveMtu))
            throw RdmaException.Invalid($"path_mtu is {(int)mtu}; it must be 1 to {(int)state.ActiveMtu}, the active MTU of port {port}");
        if (attributes.AlternatePath is not null && state.LinkLayer == LinkLayer.Ethernet)
            throw RdmaException.Invalid("alt_ah_attr is set: RoCE has no alternate paths, leave it out");
        if (attributes.AddressVector is not { } vector)
            return;
        AddressVectorCheck.CheckValues(device, vector, state);
        if (state.LinkLayer == LinkLayer.InfiniBand && vector.DestinationLid > LastUnicastLid)
            throw RdmaException.Invalid($"ah_attr.dlid is 0x{vector.DestinationLid:x}; a peer's LID is 0x1 to 0x{LastUnicastLid:x}");
    }

    private static void CheckRange(string name, int? value, int limit)
    {
        if (value < 0 || value > limit)
            throw RdmaException.Invalid($"{name} is {value}; it must be 0 to {limit}");
    }
}
