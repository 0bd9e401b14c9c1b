using System.Collections.Immutable;
using RdmaPipeline.Graph.Validation;

namespace RdmaPipeline.Graph;

/// <summary>Says what is wrong with a description: everything at once, in plain words. A pure function.</summary>
public static class StageGraphValidator
{
    /// <summary>Checks a description.</summary>
    /// <returns>All errors; empty when it can be built.</returns>
    public static ImmutableArray<string> Validate<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        ArgumentNullException.ThrowIfNull(spec);
        string[] gaps = [.. GapRules.Check(spec)];
        return gaps.Length != 0 ? [.. spec.EditErrors, .. gaps] :
        [
            .. spec.EditErrors,
            .. StageRules.Check(spec),
            .. EdgeRules.Check(spec),
            .. DoorbellRules.Check(spec),
            .. CycleRules.Check(spec),
        ];
    }

    /// <summary>Checks a description together with the schedulers it is to run on.</summary>
    /// <returns>All errors; empty when it can be built.</returns>
    public static ImmutableArray<string> Validate<T>(StageGraphSpec<T> spec, StageGraphOptions options)
        where T : class, IBurst
    {
        ArgumentNullException.ThrowIfNull(options);
        ImmutableArray<string> errors = Validate(spec);
        return GapRules.Check(spec).Any()
            ? errors
            : [.. errors, .. ShardRules.Check(spec, options), .. RequiredRules.Check(spec, options)];
    }
}
