namespace RdmaPipeline.Verbs;

/// <summary>Which completion fires the notification asked for (R-CQ-4).</summary>
public enum NotificationKind
{
    /// <summary>The next receive whose sender asked for attention, or any error (R-CQ-5).</summary>
    Solicited = 1,
    /// <summary>The next completion of any kind.</summary>
    Next = 2,
}
