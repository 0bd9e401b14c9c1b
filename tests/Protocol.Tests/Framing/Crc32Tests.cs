using System.Text;
using RdmaPipeline.Backends.Framing.Crc;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>Every kernel agrees with the definition, at every length, alignment and split (R-WIRE-22, R-WIRE-24).</summary>
public sealed unsafe class Crc32Tests(ITestOutputHelper output)
{
    private const int MaxLength = 5000;
    private const byte Guard = 0xA5;

    [Fact]
    public void CheckValue() => Assert.Equal(0xCBF43926, ~Crc32.Append(Crc32.Preset, Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void RegisterAfterEightOnes() =>
        Assert.Equal(0xDEBB20E3, Crc32.Append(Crc32.Preset, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]));

    [Fact]
    public void AllKernelsAgreeAtEveryShortLength()
    {
        var random = TestSeed.Random(output);
        output.WriteLine($"Kernels: {string.Join(' ', Crc32Variants.All.Select(k => k.Name))}");
        for (var length = 0; length <= 700; length++)
            Compare(random, length);
    }

    [Fact]
    public void AllKernelsAgreeAtRandomLengths()
    {
        var random = TestSeed.Random(output);
        for (var i = 0; i < 400; i++)
            Compare(random, random.Next(MaxLength + 1));
        Compare(random, MaxLength);
    }

    [Fact]
    public void SumsContinueOverPieces()
    {
        var random = TestSeed.Random(output);
        var bytes = new byte[MaxLength];
        var copy = new byte[MaxLength];
        for (var i = 0; i < 500; i++)
        {
            var length = random.Next(MaxLength + 1);
            random.NextBytes(bytes.AsSpan(0, length));
            var register = Crc32.Preset;
            fixed (byte* source = bytes, destination = copy)
            {
                for (var done = 0; done < length;)
                {
                    var piece = Math.Min(length - done, random.Next(3) == 0 ? random.Next(20) : random.Next(600));
                    register = Crc32.Copy(register, (nint)(source + done), (nint)(destination + done), piece);
                    done += piece;
                }
            }

            Assert.Equal(Crc32Variants.Bitwise(Crc32.Preset, bytes.AsSpan(0, length)), register);
            Assert.True(bytes.AsSpan(0, length).SequenceEqual(copy.AsSpan(0, length)));
        }
    }

    /// <summary>R-WIRE-24: the table of the VCRC holds the entries that the standard names.</summary>
    [Fact]
    public void Crc16Entries() =>
        Assert.Equal((0x1BA1, 0x3742, 0x0960), (Crc16.Entry(1), Crc16.Entry(2), Crc16.Entry(255)));

    [Fact]
    public void PolynomialsMultiply()
    {
        Assert.Equal(Crc32Polynomial.One, Crc32Polynomial.Multiply(Crc32Polynomial.ZeroByte, Crc32Polynomial.ZeroByteInverse));
        var random = TestSeed.Random(output);
        for (var i = 0; i < 5000; i++)
        {
            var (left, right) = ((uint)random.NextInt64(), (uint)random.NextInt64());
            Assert.Equal(Crc32Polynomial.Multiply(left, right), CarrylessProduct.Multiply(left, right));
            Assert.Equal(Crc32Variants.Bitwise(left, [0]), Crc32Polynomial.Multiply(left, Crc32Polynomial.ZeroByte));
        }
    }

    private static void Compare(Random random, int length)
    {
        var offset = random.Next(70);
        var source = new byte[offset + length + 64];
        random.NextBytes(source);
        var register = (uint)random.NextInt64();
        var expected = Crc32Variants.Bitwise(register, source.AsSpan(offset, length));
        foreach (var (name, sum, copy) in Crc32Variants.All)
        {
            var target = new byte[offset + length + 64];
            Array.Fill(target, Guard);
            fixed (byte* from = source, to = target)
            {
                Assert.True(expected == sum(register, from + offset, null, length), $"{name}, length {length}, offset {offset}");
                Assert.True(expected == copy(register, from + offset, to + 3, length), $"{name} + copy, length {length}, offset {offset}");
            }

            Assert.True(source.AsSpan(offset, length).SequenceEqual(target.AsSpan(3, length)), $"{name} copies, length {length}");
            Assert.False(target.AsSpan(0, 3).ContainsAnyExcept(Guard), $"{name} writes in front, length {length}");
            Assert.False(target.AsSpan(3 + length).ContainsAnyExcept(Guard), $"{name} writes behind, length {length}");
        }
    }
}
