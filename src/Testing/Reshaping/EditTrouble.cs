namespace RdmaPipeline.Testing.Reshaping;

/// <summary>What goes wrong with an edit, on purpose.</summary>
internal enum EditTrouble
{
    /// <summary>It was cancelled before it was asked for.</summary>
    CancelledBefore,

    /// <summary>It is cancelled at a random moment, which may be too late.</summary>
    CancelledMeanwhile,

    /// <summary>It is cancelled while it waits for what a stage does not let go.</summary>
    CancelledWhileDraining,

    /// <summary>It has next to no time, which may do.</summary>
    OutOfTimeAtOnce,

    /// <summary>Its time runs out while it waits for what a stage does not let go.</summary>
    OutOfTimeWhileDraining,

    /// <summary>The description has an error: one of <see cref="InvalidEdits"/>.</summary>
    Invalid,

    /// <summary>A stage cannot be made.</summary>
    NotMade,

    /// <summary>A stage cannot be attached.</summary>
    NotAttached,

    /// <summary>The stage that goes cannot give its state.</summary>
    StateNotGiven,

    /// <summary>The stage that comes cannot take the state over.</summary>
    StateNotTaken,
}
