using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Each row of requester.md 13 and R-VERB-13: the errno, and a message with field, value and limit.</summary>
public sealed class PostValidationTests : IDisposable
{
    private static readonly QueuePairCapabilities Caps = new() { MaxSendEntries = 2, MaxReceiveEntries = 2, MaxInlineData = 32 };
    private readonly FakeDevice _fake = new();

    public void Dispose() => _fake.Dispose();

    [Theory]
    [InlineData(QueuePairState.Reset, false, false)]
    [InlineData(QueuePairState.Init, false, true)]
    [InlineData(QueuePairState.ReadyToReceive, false, true)]
    [InlineData(QueuePairState.ReadyToSend, true, true)]
    [InlineData(QueuePairState.SendQueueDrained, true, true)]
    [InlineData(QueuePairState.SendQueueError, true, true)]
    [InlineData(QueuePairState.Error, true, true)]
    public void TheStateDecidesWhatMayBePosted(QueuePairState state, bool sends, bool receives)
    {
        QueuePair queuePair = _fake.CreateQueuePair(Caps, state);
        var send = new SendWorkRequest { Opcode = SendOpcode.Send };
        if (sends)
            queuePair.PostSend(send);
        else
            Failing.With(VerbsErrno.EINVAL, () => queuePair.PostSend(send), $"{state}", "RTS");
        if (receives)
            queuePair.PostReceive(default(ReceiveWorkRequest));
        else
            Failing.With(VerbsErrno.EINVAL, () => queuePair.PostReceive(default(ReceiveWorkRequest)), $"{state}", "INIT");
    }

    public static TheoryData<string, VerbsErrno, string[]> BadSends() => new()
    {
        { "entries", VerbsErrno.EINVAL, ["num_sge", "is 3", "max_send_sge", "is 2"] },
        { "both", VerbsErrno.EINVAL, ["Entry", "Entries", "one of them"] },
        { "length", VerbsErrno.EINVAL, ["length", "2147483649", "2147483648"] },
        { "read length", VerbsErrno.EINVAL, ["length", "2147483649", "2147483648"] },
        { "inline read", VerbsErrno.EINVAL, ["RdmaRead", "inline"] },
        { "inline atomic", VerbsErrno.EINVAL, ["FetchAndAdd", "inline"] },
        { "inline length", VerbsErrno.EINVAL, ["inline", "33", "max_inline_data", "32"] },
        { "inline entries length", VerbsErrno.EINVAL, ["inline", "33", "max_inline_data", "32"] },
        { "inline and entries", VerbsErrno.EINVAL, ["InlineData", "entries"] },
        { "atomic length", VerbsErrno.EINVAL, ["length", "is 7", "8"] },
        { "atomic alignment", VerbsErrno.EINVAL, ["remote_addr", "0x1004", "multiple of 8"] },
        { "flags", VerbsErrno.EINVAL, ["send_flags", "0x101", "0x100"] },
        { "offload", VerbsErrno.EOPNOTSUPP, ["send_flags", "IpChecksum"] },
        { "opcode number", VerbsErrno.EINVAL, ["opcode", "63"] },
        { "opcode far", VerbsErrno.EINVAL, ["opcode", "1000"] },
        { "opcode negative", VerbsErrno.EINVAL, ["opcode", "-1"] },
    };

    [Theory]
    [MemberData(nameof(BadSends))]
    public void BadSendsAreNamed(string which, VerbsErrno errno, string[] mentions)
    {
        QueuePair queuePair = _fake.CreateQueuePair(Caps, QueuePairState.ReadyToSend);
        SendWorkRequest bad = Bad(which);
        Failing.With(errno, () => queuePair.PostSend(bad), mentions);
        Failing.With(errno, () => queuePair.TryPostSend(bad), mentions);
        Assert.Equal(0, queuePair.Context.SendRing.Tail);
        Assert.Empty(_fake.Provider.SendDoorbells);
    }

    // Each limit itself is legal.
    [Fact]
    public void TheLimitsThemselvesAreAccepted()
    {
        QueuePair queuePair = _fake.CreateQueuePair(Caps, QueuePairState.ReadyToSend);
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.RdmaWrite, Entries = Entries(1u << 30, 1u << 30) });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.RdmaWrite, InlineData = new byte[32] });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.FetchAndAdd, Entries = Entries(4, 4), RemoteAddress = 0x1008 });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.RdmaRead });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.Inline });
        queuePair.PostReceive(new ReceiveWorkRequest { Entries = Entries(1u << 30, (1u << 30) - 1) });
        Assert.Equal(1u << 31, queuePair.Context.SendRing.Slot(0).Length);
    }

    // R-VERB-13
    [Fact]
    public void BadReceivesAreNamed()
    {
        QueuePair queuePair = _fake.CreateQueuePair(Caps, QueuePairState.Init);
        Failing.With(VerbsErrno.EINVAL, () => queuePair.PostReceive(new ReceiveWorkRequest { Entries = Entries(1, 1, 1) }),
            "num_sge", "is 3", "max_recv_sge", "is 2");
        Failing.With(VerbsErrno.EINVAL, () => queuePair.PostReceive(new ReceiveWorkRequest { Entries = Entries(1u << 30, 1u << 30) }),
            "length", "2147483648", "2147483647");
        Failing.With(VerbsErrno.EINVAL, () => queuePair.PostReceive(new ReceiveWorkRequest { Entries = Entries(1), Entry = default }),
            "Entry", "Entries");
        Assert.Equal(0, queuePair.Context.ReceiveRing.Tail);
    }

    // R-REQ-61, R-REQ-54 and the table of verbs.md 7
    [Theory]
    [InlineData(QueuePairType.ReliableConnection, "0 1 2 3 4 5 6 9", "7 8 11 14 15 32")]
    [InlineData(QueuePairType.UnreliableConnection, "0 1 2 3", "7 8 32")]
    [InlineData(QueuePairType.UnreliableDatagram, "2 3", "10")]
    [InlineData(QueuePairType.Gsi, "2 3", "")]
    [InlineData(QueuePairType.Smi, "2 3", "")]
    [InlineData(QueuePairType.XrcInitiator, "0 1 2 3 4 5 6 9", "7 8 11 32")]
    [InlineData(QueuePairType.XrcTarget, "", "")]
    public void OpcodesFollowTheTypeAndTheDevice(QueuePairType type, string accepted, string unsupported)
    {
        QueuePair queuePair = _fake.CreateQueuePair(Caps, QueuePairState.ReadyToSend, type);
        for (int opcode = 0; opcode < 64; opcode++)
        {
            var send = new SendWorkRequest { Opcode = (SendOpcode)opcode, Entry = new ScatterGatherEntry(0, 8, 0) };
            if (Has(accepted, opcode))
                queuePair.PostSend(send);
            else
                Failing.With(Has(unsupported, opcode) ? VerbsErrno.EOPNOTSUPP : VerbsErrno.EINVAL, () => queuePair.PostSend(send));
        }
    }

    [Fact]
    public void FeaturesOfTheDeviceAllowTheirOpcodes()
    {
        using var rich = new FakeDevice(new DeviceAttributes
        {
            Name = "rich",
            Capabilities = DeviceCapabilities.MemoryManagementExtensions | DeviceCapabilities.MemoryWindow
                | DeviceCapabilities.FlushPersistent | DeviceCapabilities.AtomicWrite,
        });
        QueuePair queuePair = rich.CreateQueuePair(Caps, QueuePairState.ReadyToSend);
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.LocalInvalidate, InvalidateKey = 1 });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Flush, FlushPlacement = FlushPlacement.Persistence });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.AtomicWrite, Entry = new ScatterGatherEntry(0, 8, 0) });
        // Those that carry an operation get as far as missing it.
        foreach (SendOpcode opcode in new[] { SendOpcode.BindMemoryWindow, SendOpcode.RegisterMemoryRegion })
            Failing.With(VerbsErrno.EINVAL, () => queuePair.PostSend(new SendWorkRequest { Opcode = opcode }), "MemoryOperation");
    }

    private static bool Has(string list, int opcode) => list.Split(' ').Contains($"{opcode}");

    private static ScatterGatherEntry[] Entries(params uint[] lengths) => [.. lengths.Select(l => new ScatterGatherEntry(0x1000, l, 1))];

    private static SendWorkRequest Bad(string which) => which switch
    {
        "entries" => new() { Opcode = SendOpcode.Send, Entries = Entries(1, 1, 1) },
        "both" => new() { Opcode = SendOpcode.Send, Entries = Entries(1), Entry = new ScatterGatherEntry(1, 1, 1) },
        "length" => new() { Opcode = SendOpcode.Send, Entries = Entries(1u << 31, 1) },
        "read length" => new() { Opcode = SendOpcode.RdmaRead, Entries = Entries(1, 1u << 31) },
        "inline read" => new() { Opcode = SendOpcode.RdmaRead, Flags = SendFlags.Inline, Entries = Entries(1) },
        "inline atomic" => new() { Opcode = SendOpcode.FetchAndAdd, InlineData = new byte[8] },
        "inline length" => new() { Opcode = SendOpcode.Send, InlineData = new byte[33] },
        "inline entries length" => new() { Opcode = SendOpcode.Send, Flags = SendFlags.Inline, Entries = Entries(32, 1) },
        "inline and entries" => new() { Opcode = SendOpcode.Send, InlineData = new byte[1], Entries = Entries(1) },
        "atomic length" => new() { Opcode = SendOpcode.CompareAndSwap, Entries = Entries(7) },
        "atomic alignment" => new() { Opcode = SendOpcode.FetchAndAdd, Entries = Entries(8), RemoteAddress = 0x1004 },
        "flags" => new() { Opcode = SendOpcode.Send, Flags = (SendFlags)0x101 },
        "offload" => new() { Opcode = SendOpcode.Send, Flags = SendFlags.IpChecksum },
        "opcode number" => new() { Opcode = (SendOpcode)63 },
        "opcode far" => new() { Opcode = (SendOpcode)1000 },
        "opcode negative" => new() { Opcode = (SendOpcode)(-1) },
        _ => throw new ArgumentOutOfRangeException(nameof(which), which, "no such case"),
    };
}
