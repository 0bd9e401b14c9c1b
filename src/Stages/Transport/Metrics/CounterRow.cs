using RdmaPipeline.Protocol;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>One series of a metric that queue pairs count.</summary>
/// <param name="Read">How it is read from what one or many counted.</param>
/// <param name="Always">Whether it is told while it is 0; what comes in many kinds is not.</param>
/// <param name="Tags">The attributes that tell it from the other series of the metric.</param>
internal sealed record CounterRow(Func<QueuePairCounters, long> Read, bool Always, params Tag[] Tags);
