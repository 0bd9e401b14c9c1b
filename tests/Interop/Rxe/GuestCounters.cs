namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>The counters of the guest's rxe0 (<c>hw_counters</c>) at one moment.</summary>
public sealed record GuestCounters(IReadOnlyDictionary<string, long> Values)
{
    /// <summary>What must stay as it is while nothing is lost: duplicates, gaps and retries.</summary>
    public static IReadOnlyList<string> Disturbances { get; } =
        ["duplicate_request", "out_of_seq_request", "rcvd_seq_err", "completer_retry_err", "retry_exceeded_err", "retry_rnr_exceeded_err"];

    public long this[string name] => Values[name];

    /// <summary>By how much each counter has grown since <paramref name="earlier"/>.</summary>
    public GuestCounters Since(GuestCounters earlier) => new(Values.ToDictionary(v => v.Key, v => v.Value - earlier[v.Key]));

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Values.Where(v => v.Value != 0).Select(v => $"{v.Key} {v.Value}"));
}
