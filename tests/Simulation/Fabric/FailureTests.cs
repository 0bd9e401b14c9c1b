using System.Runtime.CompilerServices;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Captures;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>What a failure leaves behind: the seed, the line that replays it, the capture with what became of each packet.</summary>
public sealed class FailureTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("captures").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AWaitThatFailsTellsWhatAndHowToSeeItAgain()
    {
        using var fabric = NewFabric(77);
        var (left, right) = Connect(fabric);
        fabric.Faults.When(p => p.Requests()).Drop().As("black hole");
        left.Write(right, 100);
        var limit = TimeSpan.FromMilliseconds(100);
        var failure = Assert.Throws<RdmaFabricException>(() => fabric.RunUntil(() => left.Queue.Count == 1, limit));
        AssertTells(failure, 77);
        Assert.Contains("00:00:00.1000000", failure.Message, StringComparison.Ordinal);
        Assert.Contains("left.Queue.Count == 1", failure.Message, StringComparison.Ordinal);
        Assert.Contains("black hole", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFabricAtRestFailsAtOnce()
    {
        using var fabric = NewFabric(1);
        Connect(fabric);
        fabric.RunUntilQuiet();
        var before = fabric.Now;
        var failure = Assert.Throws<RdmaFabricException>(() => fabric.RunUntil(() => false, TimeSpan.FromDays(1000), "pigs to fly"));
        Assert.Contains("nothing will ever happen again", failure.Message, StringComparison.Ordinal);
        Assert.Contains("pigs to fly", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, fabric.Now);
    }

    [Fact]
    public void AScenarioThatRunsInCirclesEnds()
    {
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 1, MaxSteps = 2000, CaptureDirectory = _directory });
        var (left, right) = Connect(fabric);
        int posted = 0;
        var failure = Assert.Throws<RdmaFabricException>(() => fabric.RunUntil(() =>
        {
            if (left.Has(posted))
            {
                left.Write(right, 1);
                posted++;
            }

            return false;
        }));
        Assert.Contains("MaxSteps is 2000", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhateverComesOutOfAScenarioIsTold()
    {
        var options = new RdmaTestFabricOptions { Seed = 5, CaptureDirectory = _directory };
        var failure = Assert.Throws<RdmaFabricException>(() => RdmaTestFabric.Run(options, fabric =>
        {
            Connect(fabric);
            throw new InvalidDataException("the books do not balance");
        }));
        AssertTells(failure, 5);
        Assert.StartsWith("the books do not balance", failure.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(failure.InnerException);
    }

    [Fact]
    public void AnAssertionThatFailsInAPlainUsingIsNoticed()
    {
        var told = new List<string>();
        var options = new RdmaTestFabricOptions { Seed = 6, CaptureDirectory = _directory, Output = told.Add };
        var assertion = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() =>
        {
            using var fabric = new RdmaTestFabric(options);
            var (left, right) = Connect(fabric);
            left.Write(right, 100);
            fabric.RunUntil(() => left.Has(1));
            Assert.Equal(WorkCompletionStatus.RemoteAccessError, left.Completions[0].Status);
        });
        Assert.IsNotType<RdmaFabricException>(assertion);
        var text = Assert.Single(told);
        Assert.Contains("RDMAPIPE_SEED=6 dotnet test", text, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(_directory));
    }

    [Fact]
    public void AFabricThatKeepsNothingLeavesNothing()
    {
        var options = new RdmaTestFabricOptions { Seed = 8, CaptureBytes = 0, CaptureDirectory = _directory };
        using var fabric = new RdmaTestFabric(options);
        var failure = fabric.Fail("it rains");
        Assert.Contains("capture: none, CaptureBytes is 0", failure.Message, StringComparison.Ordinal);
        Assert.Null(failure.CapturePath);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void ATestThatPassesLeavesNothing()
    {
        RdmaTestFabric.Run(new RdmaTestFabricOptions { Seed = 6, CaptureDirectory = _directory }, fabric =>
        {
            var (left, right) = Connect(fabric);
            left.Write(right, 100);
            fabric.RunUntil(() => left.Has(1));
        });
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Theory]
    [InlineData(LinkType.RoCEv2)]
    [InlineData(LinkType.InfiniBand)]
    public void TheCaptureHoldsEveryPacketAndWhatBecameOfIt(LinkType type)
    {
        using var fabric = NewFabric(9, type);
        var (left, right) = Connect(fabric);
        fabric.Faults.When(p => p.From(left.Host).Nth(2)).Drop();
        fabric.Faults.When(p => p.From(left.Host).Nth(1)).Corrupt();
        for (int i = 0; i < 3; i++)
            left.Write(right, 5000);
        fabric.RunUntil(() => left.Has(3));
        var path = Path.Combine(_directory, "all.pcapng");
        fabric.SavePcapng(path);
        var packets = CaptureReader.ReadFile(path);
        var entries = fabric.Log.Entries.Where(entry => entry.Packet is not null && entry.Kind != FabricEvent.Dropped).ToList();
        Assert.Equal(entries.Count, packets.Count);
        var epoch = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1_000_000;
        for (int i = 0; i < packets.Count; i++)
        {
            Assert.True(packets[i].Data.Span.SequenceEqual(entries[i].Packet!.Frame.Span));
            Assert.Equal(epoch + entries[i].Nanoseconds, packets[i].Nanoseconds);
            Assert.Contains("seed 9", packets[i].Comment, StringComparison.Ordinal);
            Assert.Equal(type == LinkType.RoCEv2 ? LinkLayerType.Ethernet : LinkLayerType.InfiniBand, packets[i].LinkType);
        }

        AssertComment("fault Drop by rule 1, dropped: injected_fault");
        AssertComment("stage responder, dropped: out_of_sequence");
        AssertComment("stage dispatch, dropped: icrc_mismatch");
        AssertOneSide(fabric, right.Host);

        void AssertComment(string text) =>
            Assert.Contains(packets, packet => packet.Comment!.Contains(text, StringComparison.Ordinal));
    }

    // The line itself, in a process of its own: it runs this test's neighbour with the seed, which writes down the hash it comes to.
    [Fact]
    public void TheReplayLineReplays()
    {
        var seed = (ulong)Random.Shared.NextInt64();
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = seed });
        ReplayedScenario.Play(fabric);
        var file = Path.Combine(_directory, "hash");
        var name = $"{typeof(ReplayedScenario).FullName}.{nameof(ReplayedScenario.AnyScenarioWithASeedOfItsOwn)}";
        var line = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = seed, TestName = name }).ReplayLine;
        var output = ReplayedScenario.RunShell($"{line} {typeof(ReplayedScenario).Assembly.Location}", file);
        Assert.True(File.Exists(file), output);
        Assert.Equal($"{seed} {fabric.Log.Hash:x} {fabric.Log.Count}", File.ReadAllText(file));
    }

    private void AssertOneSide(RdmaTestFabric fabric, FabricHost host)
    {
        var path = Path.Combine(_directory, "one.pcapng");
        fabric.SavePcapng(path, host);
        var packets = CaptureReader.ReadFile(path);
        Assert.Equal(fabric.Log.Entries.Count(e => e.Node == host && e.Packet is not null && e.Kind != FabricEvent.Dropped), packets.Count);
        Assert.All(packets, packet => Assert.Contains($" at {host.Name}", packet.Comment, StringComparison.Ordinal));
    }

    private void AssertTells(RdmaFabricException failure, ulong seed, [CallerMemberName] string test = "")
    {
        Assert.Equal(seed, failure.Seed);
        var name = $"{typeof(FailureTests).FullName}.{test}";
        Assert.Equal($"RDMAPIPE_SEED={seed} dotnet test --filter \"FullyQualifiedName={name}\"", failure.ReplayLine);
        Assert.Contains(failure.ReplayLine, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith(_directory, failure.CapturePath, StringComparison.Ordinal);
        Assert.Contains(failure.CapturePath!, failure.Message, StringComparison.Ordinal);
        CaptureReader.ReadFile(failure.CapturePath!);
    }

    private static (Endpoint Left, Endpoint Right) Connect(RdmaTestFabric fabric)
    {
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b"));
        fabric.Connect(a, b);
        return Endpoint.Connect(a, b, FabricScene.Options);
    }

    private RdmaTestFabric NewFabric(ulong seed, LinkType type = LinkType.RoCEv2) =>
        new(new RdmaTestFabricOptions { Seed = seed, LinkType = type, CaptureDirectory = _directory });
}
