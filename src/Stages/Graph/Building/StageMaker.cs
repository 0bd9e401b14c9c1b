namespace RdmaPipeline.Graph.Building;

/// <summary>Calls the factories of a description and checks that what they made is what it says.</summary>
internal static class StageMaker
{
    /// <summary>Makes stages of a description.</summary>
    /// <param name="spec">The description.</param>
    /// <param name="stages">Those of its stages that are to be made.</param>
    /// <param name="required">What the graph's owner says about some of them.</param>
    /// <exception cref="StageGraphException">One cannot be made, or is not what the description says; all errors together.</exception>
    public static Dictionary<string, IStage<T>> Make<T>(
        StageGraphSpec<T> spec, IEnumerable<StageSpec<T>> stages, IReadOnlyList<RequiredStage> required)
        where T : class, IBurst
    {
        var made = new Dictionary<string, IStage<T>>();
        var errors = new List<string>();
        Exception? first = null;
        foreach (StageSpec<T> stage in stages)
        {
            try
            {
                made[stage.Name] = stage.Factory();
                errors.AddRange(Check(spec, stage, made[stage.Name]));
                errors.AddRange(required.Where(r => r.Name == stage.Name && r.Type?.IsInstanceOfType(made[stage.Name]) == false)
                    .Select(r => $"Stage '{r.Name}' has to be a {r.Type!.Name} and not a {made[r.Name]?.GetType().Name}."));
            }
#pragma warning disable CA1031 // whatever a user's factory throws is one of the errors reported together
            catch (Exception e)
#pragma warning restore CA1031
            {
                first ??= e;
                errors.Add($"The factory of stage '{stage.Name}' failed: {e.Message}");
            }
        }

        if (errors.Count > 0)
        {
            DisposeAll(made.Values);
            throw new StageGraphException(spec.Name, [.. errors], first);
        }

        return made;
    }

    public static void DisposeAll<T>(IEnumerable<IStage<T>> stages)
        where T : class, IBurst
    {
        foreach (IDisposable stage in stages.OfType<IDisposable>())
        {
            stage.Dispose();
        }
    }

    /// <summary>On a shard, which goes on with other things while a stage takes its time.</summary>
    public static async Task DisposeAllAsync<T>(IEnumerable<IStage<T>> stages)
        where T : class, IBurst
    {
        foreach (IStage<T> stage in stages)
        {
            if (stage is IAsyncDisposable slow)
            {
                await slow.DisposeAsync();
            }
            else
            {
                (stage as IDisposable)?.Dispose();
            }
        }
    }

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
