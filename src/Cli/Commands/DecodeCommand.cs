using System.CommandLine;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe decode FILE</c>: the packets of a capture, with the verdict on each checksum.</summary>
public static class DecodeCommand
{
    private const string About = "Print the RDMA packets of a capture and the verdict on their ICRC and VCRC. "
        + "Exit code 0: all are right; 1: a packet is malformed, cut or wrong; 2: the file cannot be read.";

    private static readonly Argument<string> s_file = new("file") { Description = "A pcap or pcapng file, Ethernet or native InfiniBand." };
    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object." };

    public static Command Create()
    {
        var command = new Command("decode", About) { s_file, s_json };
        command.Runs((arguments, _) =>
        {
            var streams = arguments.InvocationConfiguration;
            return Task.FromResult(Decode.DecodeCommand.Run(
                arguments.GetValue(s_file)!, streams.Output, streams.Error, arguments.GetValue(s_json)));
        });
        return command;
    }
}
