using System.Diagnostics;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Transport.Tracing;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>A span and its sender's context find each other whichever comes first, and what a peer says fills no memory.</summary>
public sealed class LateLinksTests : IDisposable
{
    private const int Limit = 1024;

    private readonly SpanLog _log = new();
    private readonly List<MessageTrace> _finished = [];

    public void Dispose() => _log.Dispose();

    [Fact]
    public void EitherMayComeFirst()
    {
        var links = new LateLinks(TimeProvider.System, _finished.Add);
        var (early, late) = (Trace(), Trace());
        Assert.True(links.TryKeep(Key(1), early));
        links.Tell(Record(1));
        Assert.Same(early, Assert.Single(_finished));
        Assert.Single(early.Span.Links, link => link.Context == Record(1).Context);

        links.Tell(Record(2));
        Assert.False(links.TryKeep(Key(2), late));
        Assert.Single(late.Span.Links, link => link.Context == Record(2).Context);
    }

    [Fact]
    public void APeerThatTellsOfNothingButInventionsIsRememberedForSoManyOnly()
    {
        var links = new LateLinks(TimeProvider.System, _finished.Add);
        for (uint i = 0; i < 3 * Limit; i++)
            links.Tell(Record(i));
        int known = 0;
        for (uint i = 0; i < 3 * Limit; i++)
        {
            var message = Trace();
            if (!links.TryKeep(Key(i), message) && message.Span.Links.Any())
                known++;
        }
        Assert.Equal(Limit, known);
        // Of those that wait no more than so many do; the others are let go at once.
        links.LetGo();
        Assert.Equal(Limit, _finished.Count);
    }

    [Fact] // Though another has waited for its whole second already.
    public void EachSpanWaitsForASecondAtLeast()
    {
        var time = new VirtualTimeProvider();
        var links = new LateLinks(time, _finished.Add);
        var (first, second) = (Trace(), Trace());
        Assert.True(links.TryKeep(Key(1), first));
        time.MoveTo(900_000_000);
        Assert.True(links.TryKeep(Key(2), second));
        time.MoveTo(1_800_000_000);
        links.Tell(Record(2));
        Assert.Same(second, Assert.Single(_finished));
        Assert.Single(second.Span.Links);
        time.MoveTo(2_000_000_000);
        Assert.Equal([second, first], _finished);
        Assert.Empty(first.Span.Links);
    }

    [Fact]
    public void ARecordIsFortyEightBytesAndOfAVersion()
    {
        byte[] bytes = new byte[TraceRecord.Length];
        Record(0xABCDEF).Write(bytes);
        Assert.True(TraceRecord.TryRead(bytes, out var read));
        Assert.Equal(Record(0xABCDEF).Message, read.Message);
        Assert.Equal(Record(0xABCDEF).Context.SpanId, read.Context.SpanId);
        Assert.Equal(Record(0xABCDEF).Context.TraceId, read.Context.TraceId);
        Assert.True(read.Context.IsRemote);
        bytes[^1] = 2;
        Assert.False(TraceRecord.TryRead(bytes, out _));
        Assert.False(TraceRecord.TryRead(bytes.AsSpan(1), out _));
    }

    private static MessageKey Key(uint first) => new(1, 2, first);

    private static TraceRecord Record(uint first) => new(Key(first), first + 1, new ActivityContext(
        ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c"), ActivitySpanId.CreateFromString($"b7ad6b71{first:x8}"),
        ActivityTraceFlags.Recorded, isRemote: true));

    private static MessageTrace Trace() => new(RdmaPipelineTelemetry.Source.StartActivity(SpanNames.Process)!, 0);
}
