using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Testing;

namespace RdmaPipeline.FuzzTests;

/// <summary>The fuzzer finds what is planted, makes it small, and what it prints replays it.</summary>
public sealed class CanaryTests
{
    private const int Inputs = 400;

    [Theory]
    [InlineData(nameof(MachineCanary.WritesBehindARegion), "a byte outside all regions was written")]
    [InlineData(nameof(MachineCanary.LosesCompletions), "never completed|are outstanding")]
    [InlineData(nameof(MachineCanary.DoublesCompletions), "completion of")]
    public void PlantedFaultIsFoundAndReplays(string canary, string message)
    {
        var target = new MachineTarget(Enum.Parse<MachineCanary>(canary));
        using var campaign = new FuzzCampaign(target, seed: 1);
        for (var i = 0; i < Inputs && campaign.Findings.Count == 0; i++) campaign.Step();
        var finding = Assert.Single(campaign.Findings);
        Assert.Matches(message, finding.Failure.Message);
        var printed = finding.ToString().Split(' ')[^1];
        var failure = Assert.ThrowsAny<Exception>(() => target.Run(Convert.FromHexString(printed), new FuzzTally()));
        Assert.Equal(FuzzFinding.SignatureOf(finding.Failure), FuzzFinding.SignatureOf(failure));
        // Without the fault the same input is harmless.
        new MachineTarget().Run(finding.Input, new FuzzTally());
    }

    [Fact]
    public void FailingInputBecomesSmall()
    {
        var target = new PairTarget();
        var input = new byte[2 + (40 * 4)];
        new Random(1).NextBytes(input);
        (input[2 + (7 * 4)], input[2 + (31 * 4)]) = (PairTarget.First, PairTarget.Second);
        var small = new InputMinimiser(target, target.Fails).Minimise(input);
        Assert.Equal([0, 0, PairTarget.First, 0, 0, 0, PairTarget.Second, 0, 0, 0], small);
    }

    [Fact]
    public void InputsKeepTheirShape()
    {
        var target = new PairTarget();
        var mutator = new InputMutator(target, new SplitMix(3));
        var (input, other) = (mutator.Create(), mutator.Create());
        for (var i = 0; i < 2000; i++)
        {
            input = mutator.Mutate(input, other);
            Assert.InRange(input.Length, target.HeaderLength, target.HeaderLength + (target.MaxRecords * target.RecordLength));
            Assert.Equal(0, (input.Length - target.HeaderLength) % target.RecordLength);
        }
    }

    /// <summary>Fails when one record stands somewhere before another.</summary>
    private sealed class PairTarget : IFuzzTarget
    {
        public const byte First = 0x42;
        public const byte Second = 0x17;

        public string Name => "pair";

        public int HeaderLength => 2;

        public int RecordLength => 4;

        public int MaxRecords => 50;

        public long MaxAllocatedBytes => long.MaxValue;

        public bool Fails(byte[] input)
        {
            var records = input.Skip(HeaderLength).Chunk(RecordLength).Select(record => record[0]).ToList();
            var first = records.IndexOf(First);
            return first >= 0 && records.LastIndexOf(Second) > first;
        }

        public void Run(ReadOnlySpan<byte> input, FuzzTally tally)
        {
            if (Fails(input.ToArray())) throw new FuzzFailureException("the pair");
        }
    }
}
