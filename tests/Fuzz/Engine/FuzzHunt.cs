using RdmaPipeline.Testing;

namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>
/// Tries inputs until one fails, without guidance: for libraries that count no blocks, such as those with a planted fault of
/// <c>tests/Canaries</c>.
/// </summary>
internal static class FuzzHunt
{
    private const int PercentCreated = 50;

    /// <summary>Tries the corpus, then inputs made of it or of nothing.</summary>
    /// <param name="name">The target.</param>
    /// <param name="corpus">Its corpus.</param>
    /// <param name="seed">Decides the inputs.</param>
    /// <param name="inputs">How many to make at most.</param>
    /// <returns>The smallest input found that fails, and how; null when none does.</returns>
    public static (byte[] Input, Exception Failure)? Find(string name, IReadOnlyList<byte[]> corpus, ulong seed, int inputs)
    {
        var (target, random) = (FuzzTargets.Make(name), new SplitMix(seed));
        var mutator = new InputMutator(target, random);
        var made = Enumerable.Range(0, inputs).Select(_ => random.Chance(PercentCreated) ? mutator.Create()
            : mutator.Mutate(corpus[random.Below(corpus.Count)], corpus[random.Below(corpus.Count)]));
        foreach (var input in corpus.Concat(made))
        {
            if (Try(target, input) is not { } failure) continue;
            var signature = FuzzFinding.SignatureOf(failure);
            var smallest = new InputMinimiser(target, FailsAlike).Minimise(input);
            return (smallest, Try(target, smallest) ?? failure);

            bool FailsAlike(byte[] other) => Try(target, other) is { } failing && FuzzFinding.SignatureOf(failing) == signature;
        }

        return null;
    }

    /// <summary>Tries one input.</summary>
    /// <returns>What it throws, or null.</returns>
    public static Exception? Try(string name, byte[] input) => Try(FuzzTargets.Make(name), input);

    private static Exception? Try(IFuzzTarget target, byte[] input)
    {
        try
        {
            target.Run(input, new FuzzTally());
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }
}
