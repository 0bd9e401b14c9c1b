using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Every transport service side by side on the same two devices: reliable connections with receives of their own, others that share them,
/// XRC, unreliable connections and datagrams, as many of each and as different as the seed will have it. Each is judged by its own rules:
/// <see cref="MixedWorkload"/> for what must arrive, <see cref="UnreliableWorkload"/> for what may be lost. Works on any pair of devices.
/// </summary>
public sealed class ServicesWorkload
{
    private const int LeastOperations = 20;
    private const int MostOperations = 40;

    private readonly MixedWorkload[] _reliable;
    private readonly List<UnreliableWorkload> _unreliable = [];

    /// <summary>Draws the queue pairs and makes them ready.</summary>
    /// <param name="settings">What the seed chose for the devices; each service draws its own size, depths and path MTU from it.</param>
    /// <param name="copies">How often the wire may deliver a packet: 1, or 2 where it duplicates.</param>
    /// <param name="left">A device.</param>
    /// <param name="right">A device that it can reach.</param>
    public ServicesWorkload(WorkloadSettings settings, int copies, RdmaDevice left, RdmaDevice right)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var random = new SplitMix(SplitMix.Mix(~settings.Seed));
        _reliable = [.. Enum.GetValues<WorkloadReceives>().Select(receives => DrawReliable(random, receives, left, right))];
        var connections = random.Between(1, 2);
        var datagrams = random.Between(1, 2);
        for (var i = 0; i < connections + datagrams; i++)
        {
            var type = i < connections ? QueuePairType.UnreliableConnection : QueuePairType.UnreliableDatagram;
            _unreliable.Add(new UnreliableWorkload(Draw(random), type, copies, left, right));
        }
    }

    /// <summary>How far it is, for a report about one that hangs.</summary>
    public string Progress =>
        $"{string.Join("; ", _reliable.Select(one => $"{one.Receives}: {one.Progress}"))}; "
        + $"unreliable: {string.Join("; ", _unreliable.Select(one => one.Progress))}";

    /// <summary>Work requests of the reliable services, all of which complete with success.</summary>
    public int ReliableWorkRequests => _reliable.Sum(one => one.WorkRequests);

    /// <summary>Messages that receivers of the unreliable services were told of.</summary>
    public int Delivered => _unreliable.Sum(one => one.Delivered);

    /// <summary>Messages that they are told of when nothing is lost.</summary>
    public int Tellable => _unreliable.Sum(one => one.Tellable);

    /// <summary>Takes completions and posts more, of every service.</summary>
    /// <returns>Whether everything has completed.</returns>
    /// <exception cref="SimulationFailureException">A completion is wrong, or what it promises is.</exception>
    public bool Step()
    {
        var done = true;
        foreach (var one in _reliable) done &= one.Step();
        foreach (var one in _unreliable) done &= one.IsDone || one.Step();
        return done;
    }

    /// <summary>Judges what arrived since, and all memory.</summary>
    /// <exception cref="SimulationFailureException">Something is wrong.</exception>
    public void Verify()
    {
        foreach (var one in _reliable) one.Verify();
        foreach (var one in _unreliable) one.Verify();
    }

    private static MixedWorkload DrawReliable(SplitMix random, WorkloadReceives receives, RdmaDevice left, RdmaDevice right) =>
        new(Draw(random) with { Receives = receives }, left, right);

    private static WorkloadSettings Draw(SplitMix random) => WorkloadSettings.Draw(random.Next()) with
    {
        OperationsPerDirection = random.Between(LeastOperations, MostOperations),
    };
}
