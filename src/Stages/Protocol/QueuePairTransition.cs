using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>A legal change of state: one cell of the table of verbs.md section 6.1.</summary>
/// <param name="Required">Attributes that must be given with it.</param>
/// <param name="Optional">Attributes that may be given with it.</param>
public readonly record struct QueuePairTransition(QueuePairAttributeMask Required, QueuePairAttributeMask Optional)
{
    /// <summary>Everything that may be given, the state itself included (R-VERB-15).</summary>
    public QueuePairAttributeMask Allowed => Required | Optional | QueuePairAttributeMask.State;
}
