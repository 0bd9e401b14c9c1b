namespace RdmaPipeline.Graph.Building;

/// <summary>Calls the factories of a description and checks that what they made is what it says.</summary>
internal static class StageMaker
{
    public static Dictionary<string, IStage<T>> MakeAll<T>(StageGraphSpec<T> spec)
        where T : class, IBurst
    {
        var made = new Dictionary<string, IStage<T>>();
        var errors = new List<string>();
        Exception? first = null;
        foreach (StageSpec<T> stage in spec.Stages)
        {
            try
            {
                made[stage.Name] = stage.Factory();
                errors.AddRange(Check(spec, stage, made[stage.Name]));
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
