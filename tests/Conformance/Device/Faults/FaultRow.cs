using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>One row of the fault matrix: a cause and what must come of it.</summary>
/// <param name="Cause">Names the row.</param>
/// <param name="Type">The type of both queue pairs; of XRC that of the initiator, whose peer is a target.</param>
/// <param name="Verdict">What must come of it.</param>
/// <param name="Faulty">The work request that meets the fault.</param>
internal sealed record FaultRow(
    string Cause, QueuePairType Type, FaultVerdict Verdict, Func<FaultScene, SendWorkRequest> Faulty)
{
    /// <summary>Which sends are posted beside the faulty one.</summary>
    public FaultCompany Company { get; init; } = FaultCompany.BeforeAndBehind;

    /// <summary>Whether the responder receives from a shared receive queue, as a target of XRC always does.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether it is another row of the table with other receives, and so not one for every preset.</summary>
    public bool IsRepetition { get; init; }

    public bool IsXrc => Type == QueuePairType.XrcInitiator;

    /// <summary>How the requester is connected.</summary>
    public ConnectOptions Requester { get; init; } = new();

    /// <summary>How the responder is connected.</summary>
    public ConnectOptions Responder { get; init; } = new();

    /// <summary>What the requester takes the responder for.</summary>
    public Func<QueuePairEndpoint, QueuePairEndpoint> Target { get; init; } = endpoint => endpoint;

    /// <summary>What the responder takes the requester for.</summary>
    public Func<QueuePairEndpoint, QueuePairEndpoint> Origin { get; init; } = endpoint => endpoint;

    /// <summary>Receives posted at the responder.</summary>
    public int Receives { get; init; } = 3;

    /// <summary>The entry of the first of them; null for good memory with room for every message.</summary>
    public Func<FaultScene, ScatterGatherEntry>? Receive { get; init; }

    /// <summary>The index of the packet in its message that meets the fault.</summary>
    public uint FaultyPacket { get; init; }

    /// <summary>How often the responder's device sees the faulty packet; null where it does not matter.</summary>
    public int? Transmissions { get; init; }

    /// <summary>Requests of the queue pair between the good send and the faulty one.</summary>
    public Func<FaultScene, SendWorkRequest>? Between { get; init; }

    /// <summary>Whether the cause needs several packets to arrive in one burst, which only memory promises.</summary>
    public bool NeedsOneBurst { get; init; }

    /// <summary>Whether earlier packets of the faulty message may have changed memory.</summary>
    public bool Places { get; init; }

    /// <summary>Whether the cause lasts, so that nothing sent later arrives either.</summary>
    public bool Lasts { get; init; }

    /// <summary>Done when both ends are ready and nothing is posted.</summary>
    public Action<FaultScene> Before { get; init; } = _ => { };

    /// <summary>
    /// Done when the faulty packet has been sent at least once. Up to then it is lost, and all behind it; null: nothing is lost for this.
    /// </summary>
    public Action<FaultScene>? Meanwhile { get; init; }

    /// <summary>What happens to the faulty packet once it has arrived with a right ICRC.</summary>
    public WireTouch? OnRequest { get; init; }

    /// <summary>What happens to the answers to the faulty request.</summary>
    public WireTouch? OnResponse { get; init; }

    /// <summary>What happens to every packet of the queue pair behind the requester's encoder.</summary>
    public WireTouch? OnDeparture { get; init; }
}
