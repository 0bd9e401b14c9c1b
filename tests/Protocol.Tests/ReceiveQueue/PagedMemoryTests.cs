using System.Runtime.InteropServices;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>
/// Fast registrations over pages from anywhere (map_mr_sg, R-VERB-5): every operation goes over the borders between pages, forwards and
/// in the right order.
/// </summary>
public sealed unsafe class PagedMemoryTests : IDisposable
{
    private const uint E = 50;
    private const int Page = 4096;
    private const int Head = 100;
    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(8 * Page, Page);
    private readonly ReceiveSide _side = new(E);
    private readonly MemoryRegion _region;
    private readonly ulong _start;
    private readonly uint _key;

    public PagedMemoryTests()
    {
        new Span<byte>(_memory, 8 * Page).Clear();
        _region = new ProtectionDomain(_side.Device, ReceiveSide.Domain).AllocateRegion(MemoryRegionType.FastRegistration, 8);
        // The end of page 6, page 1, page 3, the beginning of page 2.
        MemoryPiece[] pieces =
        [
            new((nint)(_memory + (7 * Page) - Head), Head), new((nint)(_memory + Page), Page), new((nint)(_memory + (3 * Page)), Page),
            new((nint)(_memory + (2 * Page)), 1000),
        ];
        Assert.Equal(4, _region.Map(pieces));
        var registration = new FastRegistration(_region, All);
        Assert.True(registration.TryExecute(_side.Context));
        (_start, _key) = (registration.Address, registration.Key);
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    [Theory] // Borders lie at 100, 4196 and 8292.
    [InlineData(0, 9292)]
    [InlineData(99, 2)]
    [InlineData(100, 256)]
    [InlineData(4000, 500)]
    [InlineData(8200, 1092)]
    [InlineData(9291, 1)]
    public void WritesAndReadsCrossPages(int offset, int length)
    {
        var data = ReceiveSide.Pattern(length, offset);
        Write(offset, data);
        Assert.Equal(data, Logical(offset, length));
        Assert.Equal(length, new Span<byte>(_memory, 8 * Page).ToArray().Count(b => b != 0) + data.Count(b => b == 0));
        _side.Accept(new Request(Opcode.RcReadRequest, _side.Expected)
        {
            Address = _start + (ulong)offset, Key = _key, Length = (uint)length,
        });
        Assert.Equal(data, _side.PollAll().SelectMany(answer => answer.Payload).ToArray());
    }

    [Fact]
    public void ASendIsScatteredOverPages()
    {
        _side.PostReceive(1, new ScatterGatherEntry(_start + 50, 100, _key), new ScatterGatherEntry(_start + 4190, 156, _key));
        _side.Accept(new Request(Opcode.RcSendOnly, E) { Payload = ReceiveSide.Pattern(256) });
        Assert.Equal(ReceiveSide.Pattern(256), (byte[])[.. Logical(50, 100), .. Logical(4190, 156)]);
        Assert.Equal(WorkCompletionStatus.Success, Assert.Single(_side.Completions()).Status);
    }

    [Fact]
    public void AnAtomicFindsItsPage()
    {
        // 4196 + 4 is a multiple of 8 from the start of its page.
        _side.Accept(new Request(Opcode.RcFetchAdd, E) { Address = _start + 4196 + 8, Key = _key, SwapOrAdd = 3 });
        Assert.Equal(3, _memory[(3 * Page) + 8]);
    }

    [Theory] // R-RESP-10: the range ends where the last piece does.
    [InlineData(9292, 1)]
    [InlineData(9200, 93)]
    public void TheEndIsThatOfTheLastPiece(int offset, int length)
    {
        _side.Receive(new Request(Opcode.RcWriteOnly, E)
        {
            Address = _start + (ulong)offset, Key = _key, Length = (uint)length, Payload = new byte[length],
        });
        Assert.Equal("NAK2 50", _side.Answers());
    }

    [Fact] // R-RESP-27: a peer may invalidate it, once.
    public void APeerMayInvalidateAFastRegistration()
    {
        _side.PostReceive(1, 100);
        _side.PostReceive(2, 100);
        _side.Accept(_side.Legal(Opcode.RcSendOnlyInvalidate, E) with { InvalidateKey = _key });
        Assert.False(_region.IsValid);
        _side.Receive(_side.Legal(Opcode.RcSendOnlyInvalidate, E + 1) with { InvalidateKey = _key });
        Assert.Equal([WorkCompletionStatus.Success, WorkCompletionStatus.RemoteInvalidRequestError],
            _side.Completions().Select(c => c.Status));
        Assert.Equal(QueuePairState.Error, _side.Context.State);
    }

    private void Write(int offset, byte[] data)
    {
        var most = ReceiveSide.Mtu;
        for (var at = 0; at < data.Length; at += most)
        {
            var (first, last) = (at == 0, at + most >= data.Length);
            var opcode = first ? last ? Opcode.RcWriteOnly : Opcode.RcWriteFirst : last ? Opcode.RcWriteLast : Opcode.RcWriteMiddle;
            _side.Accept(new Request(opcode, _side.Expected)
            {
                Address = _start + (ulong)offset, Key = _key, Length = (uint)data.Length, AckRequest = false,
                Payload = data[at..Math.Min(at + most, data.Length)],
            });
        }
    }

    // The mapping written down once more, byte by byte.
    private byte[] Logical(int offset, int length) => [.. Enumerable.Range(offset, length).Select(i => _memory[i switch
    {
        < Head => (7 * Page) - Head + i,
        < Head + Page => Page + i - Head,
        < Head + (2 * Page) => (3 * Page) + i - Head - Page,
        _ => (2 * Page) + i - Head - (2 * Page),
    }])];
}
