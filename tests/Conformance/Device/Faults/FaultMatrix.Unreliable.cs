using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <content>UC, UD and general services: nobody is told of what is lost; a fault of one's own leads to SQE.</content>
internal static partial class FaultMatrix
{
    // R-RESP-6, R-RESP-17, R-RESP-43 to R-RESP-45; R-REQ-51.
    private static FaultRow[] UnreliableConnections =>
    [
        Uc("WRITE with a wrong R_Key", Lost(DropReason.MrViolation), s => WrongKey(s.Write())),
        Uc("WRITE beyond the region", Lost(DropReason.MrViolation), s => Beyond(s, s.Write())),
        Uc("WRITE to memory without REMOTE_WRITE", Lost(DropReason.MrViolation),
            s => s.Write(to: s.Region(Full & ~AccessFlags.RemoteWrite))),
        Uc("WRITE to memory of another domain", Lost(DropReason.MrViolation), s => s.Write(to: s.Region(Full, s.OtherB))),
        Uc("WRITE to a queue pair without REMOTE_WRITE", Lost(DropReason.MrViolation), s => s.Write())
            with { Responder = Without(AccessFlags.RemoteWrite), Company = FaultCompany.Behind },
        Uc("WRITE with immediate and a wrong R_Key", Lost(DropReason.MrViolation), s => Immediate(WrongKey(s.Write()))),
        Uc("WRITE with immediate without a receive", Lost(DropReason.NoReceiveBuffer), s => Immediate(s.Write()))
            with { Receives = 0, Places = true },
        Uc("SEND without a receive", Lost(DropReason.NoReceiveBuffer), s => s.Send()) with { Receives = 0 },
        Uc("SEND longer than its receive", Lost(DropReason.BadLength), s => s.Send(200)) with { Receive = s => s.Sink.Entry(0, 150) },
        Uc("receive with a wrong L_Key", Lost(DropReason.MrViolation), s => s.Send())
            with { Receive = s => s.Sink.Entry() with { LocalKey = s.Sink.LocalKey ^ 0x10 }, Lasts = true },
        Uc("packet that gets lost", Lost(DropReason.OutOfSequence), s => s.Send(600))
            with { Requester = Mtu256, Responder = Mtu256, FaultyPacket = 1, OnRequest = Bytes.Lose },
        Uc("WRITE longer than its DMA length", Lost(DropReason.BadLength), s => s.Write())
            with { OnRequest = Bytes.DmaLength(FaultScene.Size - 1) },
        Uc("wrong P_Key", Lost(DropReason.BadPkey), s => s.Send())
            with { Responder = new() { PkeyIndex = 1 }, Company = FaultCompany.Behind, Lasts = true },
        Uc("wrong ICRC", Lost(DropReason.IcrcMismatch), s => s.Send())
            with { OnDeparture = Bytes.Corrupt, Company = FaultCompany.Behind, Lasts = true },
        Uc("peer in RESET", Lost(DropReason.QpState) with { Responder = QueuePairState.Reset }, s => s.Write())
            with { Before = s => Enter(s.B, QueuePairState.Reset), Company = FaultCompany.Behind, Lasts = true },
        Uc("SEND with a wrong L_Key", SendQueueProtection, s => WrongLocalKey(s.Send())),
        Uc("WRITE from memory of another domain", SendQueueProtection, s => From(s.Write(), s.OtherA.AllocateMemory(1000))),
        Uc("WRITE from memory that is no more", SendQueueProtection,
            s => From(s.Write(), FaultScene.Dead(s.Pair.DomainA.AllocateMemory(1000)))),
    ];

    // R-WIRE-29, R-RESP-46, R-REQ-51, R-REQ-56 to R-REQ-58.
    private static FaultRow[] Datagrams =>
    [
        Ud("wrong Q_Key", Lost(DropReason.BadQkey), s => s.Send() with { RemoteQueueKey = FaultScene.QueueKey + 1 }),
        Ud("wrong P_Key", Lost(DropReason.BadPkey), s => s.Send()) with { Responder = new() { PkeyIndex = 1 }, Lasts = true },
        Ud("wrong ICRC", Lost(DropReason.IcrcMismatch), s => s.Send()) with { OnDeparture = Bytes.Corrupt, Lasts = true },
        Ud("wrong QPN", Lost(DropReason.UnknownQp), s => s.Send() with { RemoteQueuePair = 0xABCDEF }),
        Ud("SEND without a receive", Lost(DropReason.NoReceiveBuffer), s => s.Send()) with { Receives = 0 },
        Ud("SEND longer than its receive", Lost(DropReason.BadLength), s => s.Send(200)) with { Receive = s => s.Sink.Entry(0, 190) },
        Ud("receive with a wrong L_Key", Lost(DropReason.MrViolation), s => s.Send())
            with { Receive = s => s.Sink.Entry() with { LocalKey = s.Sink.LocalKey ^ 0x10 }, Lasts = true },
        Ud("peer in RESET", Lost(DropReason.QpState) with { Responder = QueuePairState.Reset }, s => s.Send())
            with { Before = s => Enter(s.B, QueuePairState.Reset), Lasts = true },
        Ud("SEND longer than the MTU", new(WorkCompletionStatus.Success, ""), s => s.Send(9000))
            with { Transmissions = 0, Company = FaultCompany.None },
        Ud("SEND without an address", SendQueueOperation, s => s.Send() with { Address = null }),
        Ud("SEND with an address of another domain", SendQueueOperation,
            s => s.Send() with { Address = DevicePair.Way(s.OtherA, s.Pair.B) }),
        Ud("SEND with a wrong L_Key", SendQueueProtection, s => WrongLocalKey(s.Send())),
        Ud("SEND from memory of another domain", SendQueueProtection, s => From(s.Send(), s.OtherA.AllocateMemory(1000))),
        Ud("SEND from memory that is no more", SendQueueProtection,
            s => From(s.Send(), FaultScene.Dead(s.Pair.DomainA.AllocateMemory(1000)))),
        // R-REQ-58: the queue pair sends its own Q_Key whatever the work request says.
        Gsi("wrong Q_Key on the wire", Lost(DropReason.BadQkey), s => s.Send()) with { OnRequest = Bytes.QueueKey(FaultScene.QueueKey) },
        Gsi("SEND without a receive", Lost(DropReason.NoReceiveBuffer), s => s.Send()) with { Receives = 0 },
        Gsi("P_Key index beyond the table", SendQueueOperation, s => s.Send() with { PkeyIndex = 2 }),
        Gsi("SEND with a wrong L_Key", SendQueueProtection, s => WrongLocalKey(s.Send())),
    ];
}
