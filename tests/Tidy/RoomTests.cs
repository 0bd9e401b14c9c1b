using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RdmaPipeline.TidyTests;

/// <summary>The table "the line … belongs to room … and is never in …": one test for each row.</summary>
public sealed class RoomTests
{
    private const string Protocol = "src/Stages/Protocol";
    private const string Graph = "src/Stages/Graph";
    private const string Transport = "src/Stages/Transport";
    private const string Backends = "src/Backends";
    private const string Api = "src/Verbs/Api";

    [Fact]
    public void OnlyProtocolComputesWithPsnsOpcodesSyndromesAndRetryCounts()
    {
        const string Rule = "Protocol arithmetic outside Protocol:";
        NoIdentifier([Graph, Transport, Backends], n => n is "Psn" or "Opcode" || IsProtocolType(n), Rule,
            // It posts work requests as any user does.
            except: f => f.Path.EndsWith("TraceSideChannel.cs", StringComparison.Ordinal));

        // The Api refers to no other room; its own attributes are called Psn and Opcode as the standard's are.
        NoIdentifier([Api], IsProtocolType, Rule);
    }

    [Fact]
    public void OnlyBackendsMakeSyscallsAndOpenSockets() =>
        NoIdentifier([Api, Protocol, Graph, Transport, "telemetry"],
            n => n is "LibraryImport" or "DllImport" or "Socket" or "UdpClient" or "SocketAddress",
            "A syscall or a socket outside Backends:");

    [Fact] // docs/security.md: what is never written cannot give a key away.
    public void LibrariesWriteNoLogs() =>
        NoIdentifier([Api, Protocol, Graph, Transport, Backends],
            n => n is "ILogger" or "Console" or "Trace" or "Debug" or "EventSource",
            "A library writes a log:");

    [Fact]
    public void OnlyGraphCreatesBlocksSetsCapacitiesAndLinks() =>
        NoIdentifier([Api, Protocol, Transport, Backends],
            n => n is "DataflowBlockOptions" or "ExecutionDataflowBlockOptions" or "LinkTo" or "BoundedCapacity" or "ActionBlock"
                or "TransformBlock" or "BufferBlock" or "StageBlock",
            "A block made or linked outside Graph:");

    [Fact]
    public void OnlyTransportLoopsOverBurstsAndCallsMachines()
    {
        NoIdentifier([Protocol, Graph], n => n is "PacketBurst", "Protocol and Graph know no packet burst:");
        NoIdentifier([Graph, Backends], n => n is "QueuePairMachine", "Graph and Backends know no queue pair machine:");
    }

    [Fact]
    public void ClocksAreReadOnlyByTheShardTheBlocksAndTheMeters() =>
        NoIdentifier([Api, Protocol, Graph, Transport, Backends, "telemetry"],
            n => n is "Stopwatch" or "UtcNow" or "TickCount" or "TickCount64" or "TimeProvider",
            "A clock is read in a room that must not:",
            except: f => ClockReaders.Any(r => f.Path.EndsWith(r, StringComparison.Ordinal)));

    [Fact]
    public void ProtocolAndStagesNeitherLockNorAwait() => Findings.MustBeEmpty(
        from file in SourceTree.Under(Protocol).Concat(StageClasses())
        from node in file.Syntax.DescendantNodes()
        where node.IsKind(SyntaxKind.LockStatement) || node.IsKind(SyntaxKind.AwaitExpression)
        select file.At(node),
        "A lock or an await on the data path:");

    [Fact]
    public void ProtocolAndStagesThrowOnlyAtTheDoorsOfTheControlPlane() => Findings.MustBeEmpty(
        from file in SourceTree.Under(Protocol).Concat(StageClasses())
        from node in file.Syntax.DescendantNodes()
        where node.IsKind(SyntaxKind.ThrowStatement) || node.IsKind(SyntaxKind.ThrowExpression)
        where !ControlPlaneThrow(node.ToString())
        select $"{file.At(node)} {node.ToString().Split('\n')[0]}",
        "A throw on the data path (only verbs errors, argument checks of constructors and Invariant.That may):");

    [Fact]
    public void OnlyTelemetrySpellsMetricAndSpanNames() => Findings.MustBeEmpty(
        from file in SourceTree.Under("src")
        from literal in file.StringLiterals()
        where literal.Value.StartsWith("rdma.", StringComparison.Ordinal)
        select $"{file}:{literal.Line} \"{literal.Value}\"",
        "A metric or span name outside telemetry:");

    [Fact]
    public void OnlyTheMemoryRoomResolvesKeys() => Findings.MustBeEmpty(
        from file in SourceTree.Under("src")
        from type in file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        where type.Identifier.ValueText is "MemoryRegionTable" or "MemoryKey"
        where !file.Path.StartsWith(Api + "/Memory/", StringComparison.Ordinal)
        select file.At(type),
        "Keys are resolved in Verbs/Api/Memory:");

    [Fact]
    public void NamespacesFollowTheFolders() => Findings.MustBeEmpty(
        from file in SourceTree.Under(Protocol, Graph, Transport, Backends, Api)
        let declared = file.Syntax.Members.OfType<FileScopedNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString()
        where declared is not null && !ExpectedNamespaces(file.Path).Contains(declared)
        select $"{file} declares {declared}",
        "A namespace is the assembly's name and the folder's:");

    // Protocol time: the shard, from the clock the options carry. Telemetry: blocks, meters, rates. And the bounded spin of a driver.
    private static readonly string[] ClockReaders =
    [
        "Transport/Shard.cs", "Transport/BackendTraffic.cs", "Transport/DeviceOptions.cs", "Transport/DeviceOptionsValidator.cs",
        "Transport/Tracing/TraceClock.cs", "Transport/Tracing/LateLinks.cs",
        "Graph/StageHost.cs", "Graph/StageBlock.Turn.cs", "Graph/Blocks/BlockInput.cs", "Graph/Description/GraphSnapshot.cs",
        "Graph/Scheduling/IdleSpin.cs", "Graph/ShardDriver.cs",
        "RdmaPipeline.Telemetry/EdgeMeter.cs", "RdmaPipeline.Telemetry/StageMeter.cs", "RdmaPipeline.Telemetry/SampledDurations.cs",
    ];

    private static bool IsProtocolType(string name) =>
        name is "Msn" or "Aeth" or "OpcodeTraits" or "RetryPolicy" or "Segmenter";

    private static IEnumerable<SourceFile> StageClasses() =>
        SourceTree.Under(Transport).Where(f => f.Path.EndsWith("Stage.cs", StringComparison.Ordinal));

    private static bool ControlPlaneThrow(string text) =>
        text.Contains("RdmaException", StringComparison.Ordinal) || text.Contains("Argument", StringComparison.Ordinal)
        || text.Contains("InvariantViolation", StringComparison.Ordinal);

    private static string[] ExpectedNamespaces(string path)
    {
        if (path.StartsWith(Api, StringComparison.Ordinal))
            return ["RdmaPipeline.Verbs"];
        var folder = Path.GetDirectoryName(path)!.Replace('\\', '/');
        foreach (var (room, root) in new[] { (Protocol, "RdmaPipeline.Protocol"), (Graph, "RdmaPipeline.Graph"),
                     (Transport, "RdmaPipeline.Transport"), (Backends, "RdmaPipeline.Backends") })
        {
            if (folder == room)
                return [root, room == Transport ? "RdmaPipeline" : root];
            if (folder.StartsWith(room + "/", StringComparison.Ordinal))
                return [root + folder[room.Length..].Replace('/', '.')];
        }

        return [];
    }

    private static void NoIdentifier(string[] rooms, Func<string, bool> banned, string rule, Func<SourceFile, bool>? except = null) =>
        Findings.MustBeEmpty(
            from file in SourceTree.Under(rooms)
            where except is null || !except(file)
            from identifier in file.Identifiers()
            where banned(identifier.Name)
            select $"{file}:{identifier.Line} {identifier.Name}",
            rule);
}
