namespace RdmaPipeline.Protocol.Wire;

/// <summary>Every operation code of the base transport header: bits 7:5 name the transport, bits 4:0 the operation.</summary>
public enum Opcode : byte
{
    /// <summary>RC SEND FIRST.</summary>
    RcSendFirst = 0x00,

    /// <summary>RC SEND MIDDLE.</summary>
    RcSendMiddle = 0x01,

    /// <summary>RC SEND LAST.</summary>
    RcSendLast = 0x02,

    /// <summary>RC SEND LAST with immediate.</summary>
    RcSendLastImmediate = 0x03,

    /// <summary>RC SEND ONLY.</summary>
    RcSendOnly = 0x04,

    /// <summary>RC SEND ONLY with immediate.</summary>
    RcSendOnlyImmediate = 0x05,

    /// <summary>RC RDMA WRITE FIRST.</summary>
    RcWriteFirst = 0x06,

    /// <summary>RC RDMA WRITE MIDDLE.</summary>
    RcWriteMiddle = 0x07,

    /// <summary>RC RDMA WRITE LAST.</summary>
    RcWriteLast = 0x08,

    /// <summary>RC RDMA WRITE LAST with immediate.</summary>
    RcWriteLastImmediate = 0x09,

    /// <summary>RC RDMA WRITE ONLY.</summary>
    RcWriteOnly = 0x0A,

    /// <summary>RC RDMA WRITE ONLY with immediate.</summary>
    RcWriteOnlyImmediate = 0x0B,

    /// <summary>RC RDMA READ REQUEST.</summary>
    RcReadRequest = 0x0C,

    /// <summary>RC RDMA READ RESPONSE FIRST.</summary>
    RcReadResponseFirst = 0x0D,

    /// <summary>RC RDMA READ RESPONSE MIDDLE.</summary>
    RcReadResponseMiddle = 0x0E,

    /// <summary>RC RDMA READ RESPONSE LAST.</summary>
    RcReadResponseLast = 0x0F,

    /// <summary>RC RDMA READ RESPONSE ONLY.</summary>
    RcReadResponseOnly = 0x10,

    /// <summary>RC ACKNOWLEDGE.</summary>
    RcAcknowledge = 0x11,

    /// <summary>RC ATOMIC ACKNOWLEDGE.</summary>
    RcAtomicAcknowledge = 0x12,

    /// <summary>RC COMPARE SWAP.</summary>
    RcCompareSwap = 0x13,

    /// <summary>RC FETCH ADD.</summary>
    RcFetchAdd = 0x14,

    /// <summary>RC SEND LAST with invalidate.</summary>
    RcSendLastInvalidate = 0x16,

    /// <summary>RC SEND ONLY with invalidate.</summary>
    RcSendOnlyInvalidate = 0x17,

    /// <summary>RC FLUSH.</summary>
    RcFlush = 0x1C,

    /// <summary>RC ATOMIC WRITE.</summary>
    RcAtomicWrite = 0x1D,

    /// <summary>UC SEND FIRST.</summary>
    UcSendFirst = 0x20,

    /// <summary>UC SEND MIDDLE.</summary>
    UcSendMiddle = 0x21,

    /// <summary>UC SEND LAST.</summary>
    UcSendLast = 0x22,

    /// <summary>UC SEND LAST with immediate.</summary>
    UcSendLastImmediate = 0x23,

    /// <summary>UC SEND ONLY.</summary>
    UcSendOnly = 0x24,

    /// <summary>UC SEND ONLY with immediate.</summary>
    UcSendOnlyImmediate = 0x25,

    /// <summary>UC RDMA WRITE FIRST.</summary>
    UcWriteFirst = 0x26,

    /// <summary>UC RDMA WRITE MIDDLE.</summary>
    UcWriteMiddle = 0x27,

    /// <summary>UC RDMA WRITE LAST.</summary>
    UcWriteLast = 0x28,

    /// <summary>UC RDMA WRITE LAST with immediate.</summary>
    UcWriteLastImmediate = 0x29,

    /// <summary>UC RDMA WRITE ONLY.</summary>
    UcWriteOnly = 0x2A,

    /// <summary>UC RDMA WRITE ONLY with immediate.</summary>
    UcWriteOnlyImmediate = 0x2B,

    /// <summary>RD SEND FIRST.</summary>
    RdSendFirst = 0x40,

    /// <summary>RD SEND MIDDLE.</summary>
    RdSendMiddle = 0x41,

    /// <summary>RD SEND LAST.</summary>
    RdSendLast = 0x42,

    /// <summary>RD SEND LAST with immediate.</summary>
    RdSendLastImmediate = 0x43,

    /// <summary>RD SEND ONLY.</summary>
    RdSendOnly = 0x44,

    /// <summary>RD SEND ONLY with immediate.</summary>
    RdSendOnlyImmediate = 0x45,

    /// <summary>RD RDMA WRITE FIRST.</summary>
    RdWriteFirst = 0x46,

    /// <summary>RD RDMA WRITE MIDDLE.</summary>
    RdWriteMiddle = 0x47,

    /// <summary>RD RDMA WRITE LAST.</summary>
    RdWriteLast = 0x48,

    /// <summary>RD RDMA WRITE LAST with immediate.</summary>
    RdWriteLastImmediate = 0x49,

    /// <summary>RD RDMA WRITE ONLY.</summary>
    RdWriteOnly = 0x4A,

    /// <summary>RD RDMA WRITE ONLY with immediate.</summary>
    RdWriteOnlyImmediate = 0x4B,

    /// <summary>RD RDMA READ REQUEST.</summary>
    RdReadRequest = 0x4C,

    /// <summary>RD RDMA READ RESPONSE FIRST.</summary>
    RdReadResponseFirst = 0x4D,

    /// <summary>RD RDMA READ RESPONSE MIDDLE.</summary>
    RdReadResponseMiddle = 0x4E,

    /// <summary>RD RDMA READ RESPONSE LAST.</summary>
    RdReadResponseLast = 0x4F,

    /// <summary>RD RDMA READ RESPONSE ONLY.</summary>
    RdReadResponseOnly = 0x50,

    /// <summary>RD ACKNOWLEDGE.</summary>
    RdAcknowledge = 0x51,

    /// <summary>RD ATOMIC ACKNOWLEDGE.</summary>
    RdAtomicAcknowledge = 0x52,

    /// <summary>RD COMPARE SWAP.</summary>
    RdCompareSwap = 0x53,

    /// <summary>RD FETCH ADD.</summary>
    RdFetchAdd = 0x54,

    /// <summary>RD RESYNC.</summary>
    RdResync = 0x55,

    /// <summary>RD FLUSH.</summary>
    RdFlush = 0x5C,

    /// <summary>UD SEND ONLY.</summary>
    UdSendOnly = 0x64,

    /// <summary>UD SEND ONLY with immediate.</summary>
    UdSendOnlyImmediate = 0x65,

    /// <summary>Congestion notification packet (R-WIRE-9).</summary>
    CongestionNotification = 0x81,

    /// <summary>XRC SEND FIRST.</summary>
    XrcSendFirst = 0xA0,

    /// <summary>XRC SEND MIDDLE.</summary>
    XrcSendMiddle = 0xA1,

    /// <summary>XRC SEND LAST.</summary>
    XrcSendLast = 0xA2,

    /// <summary>XRC SEND LAST with immediate.</summary>
    XrcSendLastImmediate = 0xA3,

    /// <summary>XRC SEND ONLY.</summary>
    XrcSendOnly = 0xA4,

    /// <summary>XRC SEND ONLY with immediate.</summary>
    XrcSendOnlyImmediate = 0xA5,

    /// <summary>XRC RDMA WRITE FIRST.</summary>
    XrcWriteFirst = 0xA6,

    /// <summary>XRC RDMA WRITE MIDDLE.</summary>
    XrcWriteMiddle = 0xA7,

    /// <summary>XRC RDMA WRITE LAST.</summary>
    XrcWriteLast = 0xA8,

    /// <summary>XRC RDMA WRITE LAST with immediate.</summary>
    XrcWriteLastImmediate = 0xA9,

    /// <summary>XRC RDMA WRITE ONLY.</summary>
    XrcWriteOnly = 0xAA,

    /// <summary>XRC RDMA WRITE ONLY with immediate.</summary>
    XrcWriteOnlyImmediate = 0xAB,

    /// <summary>XRC RDMA READ REQUEST.</summary>
    XrcReadRequest = 0xAC,

    /// <summary>XRC RDMA READ RESPONSE FIRST.</summary>
    XrcReadResponseFirst = 0xAD,

    /// <summary>XRC RDMA READ RESPONSE MIDDLE.</summary>
    XrcReadResponseMiddle = 0xAE,

    /// <summary>XRC RDMA READ RESPONSE LAST.</summary>
    XrcReadResponseLast = 0xAF,

    /// <summary>XRC RDMA READ RESPONSE ONLY.</summary>
    XrcReadResponseOnly = 0xB0,

    /// <summary>XRC ACKNOWLEDGE.</summary>
    XrcAcknowledge = 0xB1,

    /// <summary>XRC ATOMIC ACKNOWLEDGE.</summary>
    XrcAtomicAcknowledge = 0xB2,

    /// <summary>XRC COMPARE SWAP.</summary>
    XrcCompareSwap = 0xB3,

    /// <summary>XRC FETCH ADD.</summary>
    XrcFetchAdd = 0xB4,

    /// <summary>XRC SEND LAST with invalidate.</summary>
    XrcSendLastInvalidate = 0xB6,

    /// <summary>XRC SEND ONLY with invalidate.</summary>
    XrcSendOnlyInvalidate = 0xB7,
}
