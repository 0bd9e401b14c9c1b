namespace RdmaPipeline.Backends.Decorators;

/// <summary>On which side of the wrapped back-end a fault strikes.</summary>
public enum FaultDirection
{
    /// <summary>Between the caller's Send and the medium.</summary>
    Send,

    /// <summary>Between the medium and the caller's Receive.</summary>
    Receive,
}
