using System.Diagnostics;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// Makes spans with times of the past, whatever is current on the thread, which may be a user's. A listener that throws costs its span and
/// nothing else.
/// </summary>
internal static class Spans
{
    /// <summary>Begins a span.</summary>
    /// <returns>Null when nobody wants it.</returns>
    public static Activity? Start(
        string name, ActivityKind kind, in ActivityContext parent, DateTime start, IEnumerable<ActivityLink>? links = null)
    {
        var current = Activity.Current;
        Activity.Current = null;
        try
        {
            return RdmaPipelineTelemetry.Source.StartActivity(kind, parent, tags: null, links, start, name);
        }
#pragma warning disable CA1031 // telemetry never throws into the data path
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
        finally
        {
            Activity.Current = current;
        }
    }

    /// <summary>Ends a span. One that took no time gets the least there is: a span without a duration would be given another end.</summary>
    public static void Stop(Activity span, DateTime end)
    {
        var current = Activity.Current;
        try
        {
            span.SetEndTime(end > span.StartTimeUtc ? end : span.StartTimeUtc.AddTicks(1));
            span.Stop();
        }
#pragma warning disable CA1031 // as above
        catch (Exception)
#pragma warning restore CA1031
        {
            // The span is lost, which hurts nobody else.
        }
        finally
        {
            Activity.Current = current;
        }
    }
}
