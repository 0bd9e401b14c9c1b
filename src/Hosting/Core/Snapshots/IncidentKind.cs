namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>What can go wrong.</summary>
public enum IncidentKind
{
    /// <summary>Packets were dropped; the subject is the reason.</summary>
    PacketsDropped,

    /// <summary>A stage threw: a defect, and the end of the device; the subject is the stage.</summary>
    StageFaulted,

    /// <summary>A stage could not work for most of a second; the subject is the stage.</summary>
    StageBlocked,

    /// <summary>A queue pair went to ERR or SQE; the subject is its number.</summary>
    QueuePairFailed,

    /// <summary>A port left the state Active; the subject is its state now.</summary>
    PortDown,

    /// <summary>A port came back to the state Active.</summary>
    PortUp,
}
