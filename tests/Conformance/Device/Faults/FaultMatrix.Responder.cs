using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <content>RC: what the responder refuses.</content>
internal static partial class FaultMatrix
{
    private static ConnectOptions NoReadDepth => new() { MaxDestinationReadAtomic = 0 };

    private static ConnectOptions Without(AccessFlags right) => new() { Access = Full & ~right };

    // responder.md section 5, R-RESP-10.
    private static FaultRow[] RemoteMemory =>
    [
        Rc("WRITE with a wrong R_Key", AccessError, s => WrongKey(s.Write())),
        Rc("READ with a wrong R_Key", AccessError, s => WrongKey(s.Read())),
        Rc("FETCH_ADD with a wrong R_Key", AccessError, s => WrongKey(s.FetchAdd())),
        Rc("CMP_SWAP with a wrong R_Key", AccessError, s => WrongKey(s.CompareSwap())),
        Rc("WRITE with R_Key 0", AccessError, s => s.Write() with { RemoteKey = 0 }),
        Rc("WRITE of several packets with a wrong R_Key", AccessError, s => WrongKey(s.Write(600)))
            with { Requester = Mtu256, Responder = Mtu256 },
        Rc("WRITE beyond the region", AccessError, s => Beyond(s, s.Write())),
        Rc("READ beyond the region", AccessError, s => Beyond(s, s.Read())),
        Rc("FETCH_ADD beyond the region", AccessError, s => Beyond(s, s.FetchAdd())),
        Rc("WRITE before the region", AccessError, s => s.Write() with { RemoteAddress = s.Remote.Address - 1 }),
        Rc("WRITE over the end of the address space", AccessError, s => s.Write() with { RemoteAddress = ulong.MaxValue - 10 }),
        Rc("WRITE to memory without REMOTE_WRITE", AccessError, s => s.Write(to: s.Region(Full & ~AccessFlags.RemoteWrite))),
        Rc("READ of memory without REMOTE_READ", AccessError, s => s.Read(from: s.Region(Full & ~AccessFlags.RemoteRead))),
        Rc("FETCH_ADD on memory without REMOTE_ATOMIC", AccessError, s => s.FetchAdd(s.Region(Full & ~AccessFlags.RemoteAtomic))),
        Rc("CMP_SWAP on memory without REMOTE_ATOMIC", AccessError, s => s.CompareSwap(s.Region(Full & ~AccessFlags.RemoteAtomic))),
        Rc("WRITE to local memory", AccessError, s => s.Write(to: s.Region(AccessFlags.LocalWrite))),
        Rc("WRITE to memory of another domain", AccessError, s => s.Write(to: s.Region(Full, s.OtherB))),
        Rc("READ of memory of another domain", AccessError, s => s.Read(from: s.Region(Full, s.OtherB))),
        Rc("FETCH_ADD on memory of another domain", AccessError, s => s.FetchAdd(s.Region(Full, s.OtherB))),
        Rc("WRITE to memory that is no more", AccessError, s => s.Write(to: FaultScene.Dead(s.Region(Full)))),
        Rc("READ of memory that is no more", AccessError, s => s.Read(from: FaultScene.Dead(s.Region(Full)))),
        Rc("WRITE with immediate and a wrong R_Key", AccessWithReceive, s => Immediate(WrongKey(s.Write()))),
    ];

    private static FaultVerdict AccessWithReceive =>
        AccessError with { Event = null, Receive = WorkCompletionStatus.RemoteAccessError };

    // responder.md section 4, checks 2 to 4, 6, 8 and 9.
    private static FaultRow[] Requests =>
    [
        Rc("WRITE to a queue pair without REMOTE_WRITE", InvalidRequest, s => s.Write())
            with { Responder = Without(AccessFlags.RemoteWrite), Company = FaultCompany.Behind },
        Rc("READ of a queue pair without REMOTE_READ", InvalidRequest, s => s.Read()) with { Responder = Without(AccessFlags.RemoteRead) },
        Rc("FETCH_ADD on a queue pair without REMOTE_ATOMIC", InvalidRequest, s => s.FetchAdd())
            with { Responder = Without(AccessFlags.RemoteAtomic) },
        Rc("CMP_SWAP on a queue pair without REMOTE_ATOMIC", InvalidRequest, s => s.CompareSwap())
            with { Responder = Without(AccessFlags.RemoteAtomic) },
        Rc("READ while max_dest_rd_atomic is 0", InvalidRequest, s => s.Read()) with { Responder = NoReadDepth },
        Rc("FETCH_ADD while max_dest_rd_atomic is 0", InvalidRequest, s => s.FetchAdd()) with { Responder = NoReadDepth },
        Rc("CMP_SWAP misaligned on the wire", InvalidRequest, s => s.CompareSwap()) with { OnRequest = Bytes.Misalign },
        Rc("FETCH_ADD misaligned on the wire", InvalidRequest, s => s.FetchAdd()) with { OnRequest = Bytes.Misalign },
        Rc("reserved opcode", InvalidRequest, s => s.Write()) with { OnRequest = Bytes.As((Opcode)0x15) },
        Rc("MIDDLE that continues nothing", InvalidRequest, s => s.Send()) with { OnRequest = Bytes.As(Opcode.RcSendMiddle) },
        Rc("WRITE LAST that continues nothing", InvalidRequest, s => s.Send()) with { OnRequest = Bytes.As(Opcode.RcWriteLast) },
        Rc("ONLY inside a SEND", InvalidWithReceive, s => s.Send(600))
            with { Requester = Mtu256, Responder = Mtu256, FaultyPacket = 1, OnRequest = Bytes.As(Opcode.RcSendOnly) },
        Rc("SEND inside a WRITE", InvalidRequest, s => s.Write(600))
            with { Requester = Mtu256, Responder = Mtu256, FaultyPacket = 1, OnRequest = Bytes.As(Opcode.RcSendMiddle), Places = true },
        Rc("FIRST shorter than the MTU", InvalidWithReceive, s => s.Send()) with { OnRequest = Bytes.As(Opcode.RcSendFirst) },
        Rc("pad that does not fill four bytes", InvalidRequest, s => s.Write()) with { OnRequest = Bytes.Pad(1) },
        Rc("WRITE longer than its DMA length", InvalidRequest, s => s.Write()) with { OnRequest = Bytes.DmaLength(FaultScene.Size - 1) },
        Rc("WRITE shorter than its DMA length", InvalidRequest, s => s.Write()) with { OnRequest = Bytes.DmaLength(FaultScene.Size + 1) },
        Rc("READ of more than 2^31 bytes", InvalidRequest, s => s.Read()) with { OnRequest = Bytes.DmaLength((1u << 31) + 1) },
        Rc("WRITE packet longer than the MTU", InvalidRequest with { Drop = DropReason.MtuExceeded }, s => s.Write(600))
            with { Responder = Mtu256 },
        Rc("more READs than max_dest_rd_atomic", InvalidRequest with { Drop = DropReason.QueueFull }, s => s.Read())
            with { Between = s => s.Read(30_000), Responder = new() { MaxDestinationReadAtomic = 1 }, NeedsOneBurst = true },
    ];

    // responder.md section 4, checks 5, 10 and 11; section 6.
    private static FaultRow[] Receives =>
    [
        Rc("SEND longer than its receive", TooLong, s => s.Send()) with { Receive = s => s.Sink.Entry(0, FaultScene.Size - 1) },
        Rc("SEND of several packets longer than its receive", TooLong, s => s.Send(600))
            with { Receive = s => s.Sink.Entry(0, 599), Requester = Mtu256, Responder = Mtu256, FaultyPacket = 2 },
        Rc("SEND to a receive of nothing", TooLong, s => s.Send()) with { Receive = s => s.Sink.Entry(0, 0) },
        Rc("receive with a wrong L_Key", ReceiveProtection, s => s.Send())
            with { Receive = s => s.Sink.Entry() with { LocalKey = s.Sink.LocalKey ^ 0x10 } },
        Rc("receive into memory of another domain", ReceiveProtection, s => s.Send())
            with { Receive = s => s.Region(Full, s.OtherB).Entry() },
        Rc("receive into memory without LOCAL_WRITE", ReceiveProtection, s => s.Send())
            with { Receive = s => s.Region(AccessFlags.RemoteRead).Entry() },
        Rc("receive beyond its memory", ReceiveProtection, s => s.Send())
            with { Receive = s => s.Sink.Entry() with { Address = s.Sink.Address + FaultScene.SinkSize - 10, Length = 1000 } },
        Rc("receive into memory that is no more", ReceiveProtection, s => s.Send())
            with { Receive = s => FaultScene.Dead(s.Region(Full)).Entry() },
        Rc("SEND without a receive, rnr_retry 0", NotReady("RNR"), s => s.Send())
            with { Receives = 0, Requester = RnrRetry(0), Transmissions = 1 },
        Rc("SEND without a receive, rnr_retry 3", NotReady("RNR RNR RNR RNR"), s => s.Send())
            with { Receives = 0, Requester = RnrRetry(3), Responder = QuickRnr, Transmissions = 4 },
        Rc("SEND with immediate without a receive", NotReady("RNR RNR"), s => s.Send() with { Opcode = SendOpcode.SendWithImmediate })
            with { Receives = 0, Requester = RnrRetry(1), Responder = QuickRnr, Transmissions = 2 },
        Rc("WRITE with immediate without a receive", NotReady("RNR RNR"), s => Immediate(s.Write()))
            with { Receives = 0, Requester = RnrRetry(1), Responder = QuickRnr, Transmissions = 2 },
        // R-RESP-9: only the last packet is refused; the data before it are placed.
        Rc("WRITE of several packets with immediate without a receive", NotReady("RNR RNR"), s => Immediate(s.Write(600)))
            with
            {
                Receives = 0, Requester = RnrRetry(1) with { PathMtu = PathMtu.Mtu256 },
                Responder = QuickRnr with { PathMtu = PathMtu.Mtu256 }, FaultyPacket = 2, Transmissions = 2, Places = true,
            },
        // R-RESP-27: no NAK, and rxe acknowledges it; what comes behind is not answered.
        Rc("SEND that invalidates a wrong key", Invalidation, s => Invalidating(s, 0xBAD))
            with { Requester = new() { Timeout = 14 } },
        Rc("SEND that invalidates memory not lent", Invalidation, s => Invalidating(s, s.Remote.RemoteKey))
            with { Requester = new() { Timeout = 14 } },
    ];

    private static ConnectOptions QuickRnr => new() { MinRnrTimer = 1 };

    private static FaultVerdict Invalidation => new(WorkCompletionStatus.Success, "")
    {
        Receive = WorkCompletionStatus.RemoteInvalidRequestError, Behind = WorkCompletionStatus.RetryExceededError,
        Requester = QueuePairState.Error, Responder = QueuePairState.Error,
    };

    // No ACK timer (R-REQ-38): an RNR NAK always comes, and one that a busy machine is late with must not make a transmission more.
    private static ConnectOptions RnrRetry(int count) => new() { RnrRetry = count, Timeout = 0 };

    private static FaultVerdict NotReady(string answers) => new(WorkCompletionStatus.RnrRetryExceededError, answers)
    {
        Requester = QueuePairState.Error, Drop = DropReason.NoReceiveBuffer,
    };
}
