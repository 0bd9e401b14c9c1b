using System.Collections.Immutable;

namespace RdmaPipeline.Graph.Building;

/// <summary>Calls the factories of a description and checks that what they made is what it says.</summary>
internal static class StageMaker
{
    /// <summary>Makes stages of a description, all that can be made.</summary>
    /// <param name="spec">The description.</param>
    /// <param name="stages">Those of its stages that are to be made.</param>
    /// <param name="required">What the graph's owner says about some of them.</param>
    /// <param name="moving">Those that are there already and get into another block.</param>
    /// <param name="staying">All that are there already and are not made.</param>
    public static MadeStages<T> Make<T>(
        StageGraphSpec<T> spec, IEnumerable<StageSpec<T>> stages, IReadOnlyList<RequiredStage> required,
        IEnumerable<(StageSpec<T> Description, IStage<T> Stage)> moving, IEnumerable<(string Name, IStage<T> Stage)> staying)
        where T : class, IBurst
    {
        var made = new Dictionary<string, IStage<T>>();
        var errors = ImmutableArray.CreateBuilder<string>();
        errors.AddRange(moving.SelectMany(m => Check(spec, m.Description, m.Stage)));
        Exception? first = null;
        foreach (StageSpec<T> stage in stages)
        {
            try
            {
                IStage<T>? one = stage.Factory();
                if (one is not null)
                {
                    made[stage.Name] = one;
                }

                errors.AddRange(Check(spec, stage, one));
                errors.AddRange(required.Where(r => r.Name == stage.Name && r.Type?.IsInstanceOfType(one) == false)
                    .Select(r => $"Stage '{r.Name}' has to be a {r.Type!.Name} and not a {one?.GetType().Name}."));
            }
#pragma warning disable CA1031 // whatever a user's factory throws is one of the errors reported together
            catch (Exception e)
#pragma warning restore CA1031
            {
                first ??= e;
                errors.Add($"The factory of stage '{stage.Name}' failed: {e.Message}");
            }
        }

        errors.AddRange(FindShared(staying.Concat(made.Select(m => (m.Key, m.Value)))));
        return new MadeStages<T>(made, errors.ToImmutable(), first);
    }

    // A stage has the outputs of one place and is called by one shard.
    private static IEnumerable<string> FindShared<T>(IEnumerable<(string Name, IStage<T> Stage)> stages)
        where T : class, IBurst =>
        from stage in stages
        group stage.Name by stage.Stage into places
        where places.Count() > 1
        select $"Stages {string.Join(" and ", places.Select(name => $"'{name}'"))} are the same object; each needs one of its own.";

    private static IEnumerable<string> Check<T>(StageGraphSpec<T> spec, StageSpec<T> stage, IStage<T>? made)
        where T : class, IBurst
    {
        if (made is null)
        {
            yield return $"The factory of stage '{stage.Name}' gave null.";
            yield break;
        }

        if (!made.Outputs.SequenceEqual(stage.Outputs))
        {
            yield return $"Stage '{stage.Name}' is described with outputs [{string.Join(", ", stage.Outputs)}]"
                + $" but has [{string.Join(", ", made.Outputs)}].";
        }

        if (made is not IPumpStage<T> && (stage.Inputs.IsEmpty || spec.Doorbells.Any(b => b.To == stage.Name)))
        {
            yield return $"Stage '{stage.Name}' has no input, or has a doorbell, but is no pump: nothing would ever run it.";
        }
    }
}
