using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <content>Windows, fast registrations, ATOMIC WRITE and FLUSH.</content>
internal static partial class FaultMatrix
{
    // R-VERB-5, R-VERB-6: nothing of it goes over the wire.
    private static FaultRow[] MemoryOperations =>
    [
        Rc("bind beyond the region", BindFails, s => Post(s.Bind(s.Pair.DomainA, MemoryWindowType.Type2B, length: s.Local.Length + 1))),
        Rc("bind of memory without MW_BIND", BindFails,
            s => Post(s.Bind(s.Pair.DomainA, MemoryWindowType.Type2B, s.Pair.DomainA.AllocateMemory(1000)))),
        Rc("bind for writing of memory without LOCAL_WRITE", BindFails, s => Post(s.Bind(s.Pair.DomainA, MemoryWindowType.Type2A,
            s.Pair.DomainA.AllocateMemory(1000, AccessFlags.MemoryWindowBind | AccessFlags.RemoteRead)))),
        Rc("bind to memory that is no more", BindFails, s => Post(s.BindToDead())),
        Rc("bind of type 1 beyond the region", BindFails,
            s => Post(s.Bind(s.Pair.DomainA, MemoryWindowType.Type1, length: s.Local.Length + 1))),
        Rc("bind of a window that is bound", BindFails, s => Post(s.Again())) with { Between = s => Post(s.Once()) },
        Rc("LOCAL_INV of a wrong key", OperationFails, s => Invalidate(0xBAD)),
        Rc("LOCAL_INV of plain memory", OperationFails, s => Invalidate(s.Local.LocalKey)),
        Rc("REG_MR of memory that is registered", OperationFails, s => Post(s.Registration()))
            with { Between = s => Post(s.Registration()) },
        Uc("bind beyond the region", BindFails with { Requester = QueuePairState.SendQueueError },
            s => Post(s.Bind(s.Pair.DomainA, MemoryWindowType.Type2B, length: s.Local.Length + 1))),
    ];

    // responder.md section 5, the columns of the windows.
    private static FaultRow[] Windows =>
    [
        Rc("WRITE through a window of type 1, beyond it", AccessError, s => Through(s.Bound(MemoryWindowType.Type1), s.Write(), 901)),
        Rc("WRITE through a window of type 2A, beyond it", AccessError, s => Through(s.Bound(MemoryWindowType.Type2A), s.Write(), 901)),
        Rc("WRITE through a window of type 2B, beyond it", AccessError, s => Through(s.Bound(MemoryWindowType.Type2B), s.Write(), 901)),
        Rc("READ through a window without REMOTE_READ", AccessError, s => Through(s.Bound(MemoryWindowType.Type2B), s.Read())),
        Rc("FETCH_ADD through a window without REMOTE_ATOMIC", AccessError, s => Through(s.Bound(MemoryWindowType.Type1), s.FetchAdd())),
        Rc("WRITE through a window that was never bound", AccessError,
            s => s.Write() with { RemoteKey = s.Pair.DomainB.AllocateWindow(MemoryWindowType.Type2B).RemoteKey }),
        Rc("WRITE through a window of type 2A of another queue pair", AccessError,
            s => Through(s.Bound(MemoryWindowType.Type2A, s.Bystanders.B), s.Write())),
        Rc("WRITE through a window of type 2B of another queue pair", AccessError,
            s => Through(s.Bound(MemoryWindowType.Type2B, s.Bystanders.B), s.Write())),
        Rc("SEND that invalidates a window of another queue pair", Invalidation,
                s => Invalidating(s, s.Bound(MemoryWindowType.Type2B, s.Bystanders.B).RemoteKey))
            with { Requester = new() { Timeout = 14 } },
        Rc("SEND that invalidates a window of type 1", Invalidation, s => Invalidating(s, s.Bound(MemoryWindowType.Type1).RemoteKey))
            with { Requester = new() { Timeout = 14 } },
        Uc("WRITE through a window beyond it", Lost(DropReason.MrViolation),
            s => Through(s.Bound(MemoryWindowType.Type2B), s.Write(), 901)),
    ];

    // R-REQ-26, responder.md section 4.
    private static FaultRow[] Placement =>
    [
        Rc("ATOMIC WRITE with a wrong R_Key", AccessError, s => WrongKey(s.AtomicWrite())),
        Rc("ATOMIC WRITE beyond the region", AccessError, s => Beyond(s, s.AtomicWrite())),
        Rc("ATOMIC WRITE to memory without REMOTE_WRITE", AccessError, s => s.AtomicWrite(s.Region(Full & ~AccessFlags.RemoteWrite))),
        Rc("ATOMIC WRITE to a queue pair without REMOTE_WRITE", InvalidRequest, s => s.AtomicWrite())
            with { Responder = Without(AccessFlags.RemoteWrite), Company = FaultCompany.Behind },
        Rc("ATOMIC WRITE while max_dest_rd_atomic is 0", InvalidRequest, s => s.AtomicWrite()) with { Responder = NoReadDepth },
        Rc("ATOMIC WRITE misaligned on the wire", InvalidRequest, s => s.AtomicWrite()) with { OnRequest = Bytes.Misalign },
        Rc("ATOMIC WRITE with a wrong L_Key", SendProtection, s => WrongLocalKey(s.AtomicWrite())),
        Rc("ATOMIC WRITE answered by FIRST alone", BadResponse, s => s.AtomicWrite())
            with { OnResponse = Bytes.As(Opcode.RcReadResponseFirst), Places = true },
        Rc("FLUSH answered with NAK in its AETH", BadResponse, s => s.Flush()) with { OnResponse = Bytes.Syndrome(0x62) },
        Rc("FLUSH with a wrong R_Key", AccessError, s => WrongKey(s.Flush())),
        Rc("FLUSH beyond the region", AccessError, s => s.Flush() with { FlushLength = (uint)s.Remote.Length }),
        Rc("FLUSH of memory without FLUSH_GLOBAL", AccessError, s => s.Flush(s.Region(Full & ~AccessFlags.FlushGlobal))),
        Rc("FLUSH of a whole region without FLUSH_GLOBAL", AccessError,
            s => s.Flush(s.Region(Full & ~AccessFlags.FlushGlobal)) with { FlushSelectivity = FlushSelectivity.MemoryRegion }),
        Rc("FLUSH of a queue pair without FLUSH_GLOBAL", InvalidRequest, s => s.Flush())
            with { Responder = Without(AccessFlags.FlushGlobal) },
        Rc("FLUSH of a queue pair without FLUSH_PERSISTENT", InvalidRequest,
            s => s.Flush() with { FlushPlacement = FlushPlacement.Persistence }) with { Responder = Without(AccessFlags.FlushPersistent) },
        Rc("FLUSH with a reserved selectivity", InvalidRequest, s => s.Flush()) with { OnRequest = Bytes.Placement(0x21) },
    ];

    private static FaultVerdict BindFails => SendProtection with { Status = WorkCompletionStatus.MemoryWindowBindError };

    private static FaultVerdict OperationFails => SendProtection with { Status = WorkCompletionStatus.LocalQueuePairOperationError };

    private static SendWorkRequest Post(MemoryOperation operation) =>
        new() { Opcode = operation.Opcode, Flags = SendFlags.Signaled, MemoryOperation = operation };

    private static SendWorkRequest Invalidate(uint key) =>
        new() { Opcode = SendOpcode.LocalInvalidate, Flags = SendFlags.Signaled, InvalidateKey = key };

    private static SendWorkRequest Invalidating(FaultScene scene, uint key) =>
        scene.Send() with { Opcode = SendOpcode.SendWithInvalidate, InvalidateKey = key };

    private static SendWorkRequest Through(MemoryWindowBinding window, SendWorkRequest request, ulong offset = 0) =>
        request with { RemoteAddress = window.Address + offset, RemoteKey = window.RemoteKey };
}
