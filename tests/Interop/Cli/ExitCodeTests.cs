namespace RdmaPipeline.InteropTests.Cli;

/// <summary>Exit code 0 only on success, and a failure is one clear line.</summary>
public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("pingpong rc -p 70000", "--port 70000 is not within 1 to 65535")]
    [InlineData("pingpong rc -m 1000 127.0.0.1", "--mtu 1000 is not one of 256, 512, 1024, 2048, 4096")]
    [InlineData("pingpong rc -n 0", "--iters 0 is not within 1 to")]
    [InlineData("pingpong rc -n many", "many")]
    [InlineData("pingpong uc -t 0", "--timeout 0 is not within 1 to 3600")]
    [InlineData("pingpong ud -s 4097", "--size 4097 is not within 0 to 4096")]
    [InlineData("pingpong ud -m 1024", "'1024'")]
    [InlineData("pingpong srq -q 257", "--num-qp 257 is not within 1 to 256")]
    [InlineData("graph --format svg", "--format svg is not one of mermaid, dot, json")]
    [InlineData("graph --preset sideways", "--preset sideways is not one of staged, queued, fused, polling, simulated")]
    [InlineData("decode", "Required argument missing")]
    [InlineData("bogus", "bogus")]
    public void AWrongCommandLineSaysWhatIsWrong(string line, string expected)
    {
        var run = Rdmapipe.Run(line.Split(' '));
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains(expected, run.Error);
        Assert.Contains("--help'.", run.Error);
    }

    [Theory]
    [InlineData("pingpong rc 127.0.0.1 -p 1", "cannot connect to 127.0.0.1 on TCP port 1")]
    [InlineData("pingpong srq -q 8 -r 7", "-r 7 is too small for 8 queue pairs")]
    [InlineData("devices udp://192.0.2.77", "192.0.2.77")]
    [InlineData("graph -d ftp://somewhere", "unknown scheme \"ftp\"")]
    [InlineData("graph -d udp://192.0.2.77", "192.0.2.77")]
    [InlineData("decode /nowhere/at/all.pcap", "/nowhere/at/all.pcap", 2)]
    public void AFailureIsOneLine(string line, string expected, int exitCode = 1)
    {
        var run = Rdmapipe.Run(line.Split(' '));
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.StartsWith("rdmapipe: ", run.Error);
        Assert.Contains(expected, run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("--help")]
    [InlineData("pingpong rc --help")]
    [InlineData("demo --help")]
    public void HelpAndVersionSucceed(string line) => Assert.NotEmpty(Rdmapipe.Run(line.Split(' ')).Expect().Output);
}
