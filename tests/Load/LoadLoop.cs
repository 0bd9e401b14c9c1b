using System.Diagnostics;

namespace RdmaPipeline.LoadTests;

/// <summary>The thread of a run: polls all sides until something holds.</summary>
internal static class LoadLoop
{
    /// <summary>Longer than any step of any scenario takes; what is then outstanding is stuck.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    /// <summary>Polls until a condition holds.</summary>
    /// <returns>Whether it held before patience ended.</returns>
    public static bool Until(Func<bool> condition, params ReadOnlySpan<LoadSide> sides) => Until(condition, s_patience, sides);

    /// <summary>Polls for a time.</summary>
    public static void For(TimeSpan time, params ReadOnlySpan<LoadSide> sides) => Until(() => false, time, sides);

    /// <summary>Polls for a time and does something else in between.</summary>
    public static void For(TimeSpan time, Action between, params ReadOnlySpan<LoadSide> sides) => Until(
        () =>
        {
            between();
            return false;
        },
        time, sides);

    /// <summary>Nothing new begins, and what is under way comes to its end.</summary>
    /// <returns>Ends whose work request never completed: 0.</returns>
    public static int Drain(params ReadOnlySpan<LoadSide> sides)
    {
        var all = sides.ToArray();
        Array.ForEach(all, side => side.GoesOn = false);
        Until(() => Array.TrueForAll(all, side => side.IsIdle), all);
        return all.Sum(side => side.Ends.Count(end => end.IsBusy));
    }

    /// <summary>Polls until a condition holds or a time is over.</summary>
    /// <returns>Whether it held.</returns>
    public static bool Until(Func<bool> condition, TimeSpan patience, params ReadOnlySpan<LoadSide> sides)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begin) > patience)
                return false;
            int count = 0;
            foreach (var side in sides)
                count += side.Poll();
            if (count == 0)
                Thread.Yield();
        }
        return true;
    }
}
