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
    [InlineData("pingpong rc -g -1", "--gid-idx -1 is not within 0 to 255")]
    [InlineData("pingpong rc -n 1e3", "--iters 1e3 is not a whole number within 1 to 2147483647")]
    [InlineData("pingpong xsrq -c 2 localhost", "--clients is of the server: leave it out where a host is given")]
    [InlineData("tap x -w /nowhere/x --seconds -1", "--seconds -1 is not within 0.001 to 1000000")]
    [InlineData("tap x -w /nowhere/x --seconds 1,5", "--seconds 1,5 is not a number within 0.001 to 1000000")]
    [InlineData("tap x -w /nowhere/x -c -1", "--count -1 is not within 1 to 9223372036854775807")]
    [InlineData("top -i NaN", "--interval NaN is not within 0.1 to 3600")]
    [InlineData("top --attach abc", "--attach abc is not a whole number within 1 to 2147483647")]
    [InlineData("stat --attach 0", "--attach 0 is not within 1 to 2147483647")]
    [InlineData("soak --seeds 0", "--seeds 0 is not within 1 to 18446744073709551615")]
    [InlineData("soak --seed -1", "--seed -1 is not a whole number within 0 to 18446744073709551615")]
    [InlineData("soak --minutes -1", "--minutes -1 is not within 0 to 1000000")]
    [InlineData("demo --reshape --seconds 0", "--seconds 0 is not within 1 to 86400")]
    [InlineData("demo --seconds 3", "--seconds has no meaning without --reshape")]
    [InlineData("demo --preset simulated --page 0", "--page has nothing to show with --preset simulated")]
    [InlineData("demo --preset simulated --control", "--control has nothing to show with --preset simulated")]
    [InlineData("graph --attach 7 --preset fused", "--preset has no meaning with --attach")]
    [InlineData("graph --attach 7 --stat", "--stat has no meaning with --attach")]
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
    [InlineData("graph --attach 2147483647", "--attach 2147483647: you have no such process")]
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

    [Fact]
    public void AProcessWithoutAControlSocketIsToldFromNone()
    {
        var run = Rdmapipe.Run("top", "--attach", $"{Environment.ProcessId}").Expect(exitCode: 1);
        Assert.Equal(
            $"rdmapipe: --attach {Environment.ProcessId}: the process has no control socket: it has to be started with RDMAPIPE_CONTROL=1",
            run.Error.TrimEnd());
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("--help")]
    [InlineData("pingpong rc --help")]
    [InlineData("demo --help")]
    public void HelpAndVersionSucceed(string line) => Assert.NotEmpty(Rdmapipe.Run(line.Split(' ')).Expect().Output);
}
