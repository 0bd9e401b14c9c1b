using System.CommandLine;
using System.Text.Json;
using RdmaPipeline.Testing.Swarm;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>rdmapipe soak</c>: simulated devices under random work and faults, judged by the reference model.</summary>
public static class SoakCommand
{
    private const string About = "Run simulated devices, seed after seed: services, operations, sizes, limits and faults are drawn from "
        + "the seed; a reference model judges every completion and every byte. Exit code 0 only without violations.";

    private static readonly Option<double> s_minutes = new Option<double>("--minutes")
    {
        DefaultValueFactory = _ => 1, Description = "Minutes to run, fractions too; a seed that has begun is finished.",
    }.Between(0.0, 1_000_000.0);

    private static readonly Option<ulong?> s_seed = new Option<ulong?>("--seed")
    {
        Description = "The first seed, 0 to 2^64-1; the others follow (default: a fresh one).",
    }.Between(0UL, ulong.MaxValue);

    private static readonly Option<ulong> s_seeds = new Option<ulong>("--seeds")
    {
        DefaultValueFactory = _ => ulong.MaxValue, Description = "How many seeds at most, 1 or more.",
    }.Between(1UL, ulong.MaxValue);

    private static readonly Option<bool> s_json = new("--json")
    {
        Description = "Print {seeds, packets, violations, firstFailingSeed}; the last is null without violations.",
    };

    public static Command Create()
    {
        var command = new Command("soak", About) { s_minutes, s_seed, s_seeds, s_json };
        command.Runs((arguments, cancellation) =>
        {
            var streams = arguments.InvocationConfiguration;
            var first = arguments.GetValue(s_seed) ?? (ulong)Random.Shared.NextInt64();
            var error = TextWriter.Synchronized(streams.Error);
            error.WriteLine($"first seed {first}");
            var soak = new Soak(first, TimeSpan.FromMinutes(arguments.GetValue(s_minutes)), arguments.GetValue(s_seeds))
            {
                Found = violation => error.WriteLine(violation.Message),
            };
            Print(streams.Output, soak.Run(cancellation), arguments.GetValue(s_json));
            return Task.FromResult(soak.Violations.Count == 0 ? 0 : 1);
        });
        return command;
    }

    private static void Print(TextWriter output, SoakReport report, bool json)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(report, CliJson.Options));
            return;
        }

        output.WriteLine($"{report.Seeds} seeds, {report.Packets} packets, {report.Violations} violations"
            + (report.FirstFailingSeed is { } seed ? $", the first with seed {seed}" : ""));
    }
}
