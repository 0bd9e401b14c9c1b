namespace RdmaPipeline.Verbs;

/// <summary>Automatic path migration, InfiniBand links only (R-VERB-21).</summary>
public enum PathMigrationState
{
    /// <summary>The current path is in use; no alternate is loaded.</summary>
    Migrated = 0,
    /// <summary>An alternate path is loaded.</summary>
    Rearm = 1,
    /// <summary>Both sides are ready to migrate.</summary>
    Armed = 2,
}
