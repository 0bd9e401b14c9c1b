using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <content>RC: what the requester finds out by itself, or from answers that do not come or make no sense.</content>
internal static partial class FaultMatrix
{
    private const byte ReservedNak = 0x65;
    private const byte ReservedSyndrome = 0x45;
    private const byte NakOfReliableDatagrams = 0x64;

    // R-REQ-11, R-REQ-46: nothing of it is sent.
    private static FaultRow[] LocalMemory =>
    [
        Rc("SEND with a wrong L_Key", SendProtection, s => WrongLocalKey(s.Send())) with { Transmissions = 0, Company = FaultCompany.None },
        Rc("WRITE with a wrong L_Key", SendProtection, s => WrongLocalKey(s.Write())),
        Rc("READ into a wrong L_Key", SendProtection, s => WrongLocalKey(s.Read())),
        Rc("FETCH_ADD into a wrong L_Key", SendProtection, s => WrongLocalKey(s.FetchAdd())),
        Rc("WRITE from memory of another domain", SendProtection, s => From(s.Write(), s.OtherA.AllocateMemory(1000))),
        Rc("WRITE from memory that is no more", SendProtection,
            s => From(s.Write(), FaultScene.Dead(s.Pair.DomainA.AllocateMemory(1000)))),
        Rc("WRITE from beyond its memory", SendProtection,
            s => s.Write() with { Entry = s.Local.Entry() with { Address = s.Local.Address + s.Local.Length - 10, Length = 100 } }),
        Rc("READ into memory without LOCAL_WRITE", SendProtection,
            s => From(s.Read(), s.Pair.DomainA.AllocateMemory(1000, AccessFlags.RemoteRead))),
        Rc("CMP_SWAP into memory without LOCAL_WRITE", SendProtection,
            s => From(s.CompareSwap(), s.Pair.DomainA.AllocateMemory(1000, AccessFlags.RemoteRead))),
    ];

    // R-REQ-40, R-REQ-41.
    private static FaultRow[] Silence =>
    [
        Unanswered("peer in RESET", Unheard(QueuePairState.Reset)) with { Before = s => Enter(s.B, QueuePairState.Reset) },
        Unanswered("peer in ERR", Unheard(QueuePairState.Error)) with { Before = s => Enter(s.B, QueuePairState.Error) },
        Unanswered("retry_cnt 0", NoAnswer)
            with { OnRequest = Bytes.Lose, Company = FaultCompany.None, Requester = Impatient with { RetryCount = 0 }, Transmissions = 1 },
        Unanswered("wrong QPN", NoAnswer with { Drop = DropReason.UnknownQp })
            with { Target = end => end with { QueuePairNumber = 0xABCDEF } },
        Unanswered("peer that takes another for its peer", NoAnswer with { Drop = DropReason.NoRoute }) with { Origin = Elsewhere },
        // The peer sees duplicates of what it never had, and acknowledges what the requester never sent.
        Unanswered("peer that expects later PSNs", NoAnswer) with { Origin = end => end with { Psn = (end.Psn + 100) & 0xFFFFFF } },
        // R-RESP-2: the peer asks once for what the requester never had.
        Unanswered("peer that expects earlier PSNs", NoAnswer with { Answer = "NAK 0", Drop = DropReason.OutOfSequence })
            with { Origin = end => end with { Psn = (end.Psn - 100) & 0xFFFFFF } },
        Unanswered("wrong P_Key", NoAnswer with { Drop = DropReason.BadPkey }) with { Responder = new() { PkeyIndex = 1 } },
        Unanswered("wrong ICRC", NoAnswer with { Drop = DropReason.IcrcMismatch })
            with { OnDeparture = Bytes.Corrupt, Transmissions = null },
        Unanswered("answers that get lost", NoAnswer) with { OnResponse = Bytes.Lose, Places = true },
    ];

    // R-REQ-33: what makes no sense fails the request, what is reserved is dropped.
    private static FaultRow[] Responses =>
    [
        Rc("ACK that is a READ RESPONSE", BadResponse, s => s.Write())
            with { OnResponse = Bytes.As(Opcode.RcReadResponseOnly), Company = FaultCompany.None, Places = true },
        Rc("READ answered in the wrong order", BadResponse, s => s.Read()) with { OnResponse = Bytes.As(Opcode.RcReadResponseLast) },
        Rc("READ answered by FIRST alone", BadResponse, s => s.Read()) with { OnResponse = Bytes.As(Opcode.RcReadResponseFirst) },
        Rc("READ answered with too few bytes", BadResponse, s => s.Read()) with { OnResponse = Bytes.Pad(1) },
        Rc("READ answered with NAK in its AETH", BadResponse, s => s.Read()) with { OnResponse = Bytes.Syndrome(0x62) },
        Rc("READ answered by an ATOMIC ACK", BadResponse, s => s.Read()) with { OnResponse = Bytes.As(Opcode.RcAtomicAcknowledge) },
        Rc("FETCH_ADD answered by a READ RESPONSE", BadResponse, s => s.FetchAdd())
            with { OnResponse = Bytes.As(Opcode.RcReadResponseOnly), Places = true },
        Unanswered("NAK of reliable datagrams", NoAnswer) with { OnResponse = Bytes.Syndrome(NakOfReliableDatagrams), Places = true },
        Unanswered("reserved NAK code", NoAnswer) with { OnResponse = Bytes.Syndrome(ReservedNak), Places = true },
        Unanswered("reserved type of syndrome", NoAnswer) with { OnResponse = Bytes.Syndrome(ReservedSyndrome), Places = true },
        Rc("READ into memory that has ended when the answer comes", SendProtection, s => From(s.Read(), s.Temporary))
            with { Meanwhile = s => s.Temporary.Dispose(), Requester = new() { Timeout = 14 } },
        Rc("WRITE from memory that has ended when it is sent again", SendProtection, s => From(s.Write(), s.Temporary))
            with { Meanwhile = s => s.Temporary.Dispose(), Requester = new() { Timeout = 14 } },
    ];

    // Sent three times, and never answered so that it helps.
    private static FaultRow Unanswered(string cause, FaultVerdict verdict) =>
        Rc(cause, verdict, s => s.Write()) with { Company = FaultCompany.Behind, Requester = Impatient, Transmissions = 3 };

    private static FaultVerdict Unheard(QueuePairState state) => NoAnswer with { Responder = state, Drop = DropReason.QpState };

    private static void Enter(QueuePair queuePair, QueuePairState state) => queuePair.Modify(new QueuePairAttributes { State = state });

    private static QueuePairEndpoint Elsewhere(QueuePairEndpoint end) =>
        end with { Gid = Gid.Parse(end.Gid.IsIPv4Mapped ? "::ffff:127.77.77.77" : "2001:db8::77") };
}
