using RdmaPipeline.LoadTests;
using RdmaPipeline.LoadTests.Scenarios;

// dotnet run -c Release --project tests/Load -- [all | SCENARIO...] [--minutes M] [--queue-pairs N] [--seed S]
// A line of JSON for each scenario; the exit code is 0 only when nothing was lost and nothing is stuck.
if (args is ["peer", .. var arguments])
    return PeerProcess.Serve(arguments);

var names = new List<string>();
var settings = new LoadSettings { QueuePairs = 1000, Duration = TimeSpan.FromMinutes(1) };
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--minutes":
            settings = settings with { Duration = TimeSpan.FromMinutes(double.Parse(args[++i])) };
            break;
        case "--queue-pairs":
            settings = settings with { QueuePairs = int.Parse(args[++i]) };
            break;
        case "--seed":
            settings = settings with { Seed = ulong.Parse(args[++i]) };
            break;
        default:
            names.Add(args[i]);
            break;
    }
}

bool isClean = true;
foreach (string name in names is [] or ["all"] ? LoadScenarios.All.Keys.ToList() : names)
{
    var report = LoadScenarios.All[name](settings);
    Console.WriteLine(report);
    isClean &= report.IsClean;
}
return isClean ? 0 : 1;
