namespace RdmaPipeline.Protocol;

/// <summary>What a machine wants its host to do next, returned by every input the host hands it.</summary>
[Flags]
public enum Work
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The request poll may give packets.</summary>
    SendDue = 1,

    /// <summary>The response poll may give packets.</summary>
    ResponseDue = 2,

    /// <summary>The next deadline moved to an earlier instant; the host must look at it again.</summary>
    DeadlineChanged = 4,
}
