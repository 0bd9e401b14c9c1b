using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing;

/// <summary>What a stage under test lives through.</summary>
internal static class StageScenarios
{
    private const int RoomBeforeRefusal = 3;
    private const int StepsBeforeTheEnd = 25;
    private const int StepsBeforeAChange = 8;
    private const int ChangesGivenUp = 3;
    private const long SlowEndNanoseconds = 10_000_000;

    /// <summary>Everything goes its way.</summary>
    public static void Flow(StageBench bench)
    {
        bench.Feed(bench.Traffic.Make);
        bench.Run();
        CheckRest(bench);
        End(bench);
        StageVerdict.Check(bench, flow: true);
    }

    /// <summary>What is behind the stage refuses, and accepts later.</summary>
    public static void Backpressure(StageBench bench)
    {
        bench.FlowAspect = StageAspect.Backpressure;
        bench.Sink.Room = RoomBeforeRefusal;
        bench.Feed(bench.Traffic.Make);
        bench.Run();
        bench.Sink.Reopen();
        bench.Run();
        CheckRest(bench);
        End(bench);
        StageVerdict.Check(bench, flow: true);
    }

    /// <summary>The stage is taken out of the graph, or the device closed, while it is at work.</summary>
    public static void Completion(StageBench bench)
    {
        bench.FlowAspect = StageAspect.Completion;
        bench.Feed(bench.Traffic.Make);
        bench.Step(StepsBeforeTheEnd);
        bench.Graph.Complete();
        bench.Run();
        bench.TakeBack();
        if (!bench.HasThrown && !bench.Graph.Completion.IsCompleted)
        {
            bench.Failures.Add(StageAspect.Completion,
                "It was told to complete and does not end: it has deferred a burst and asks for no wake. When Context.IsEnding, let through"
                + " what waits for a time only.");
            bench.Graph.Fault(new InvalidOperationException("The stage did not end."));
            bench.Run();
            StageVerdict.Check(bench, flow: false);
            return;
        }

        CheckSwift(bench);
        StageVerdict.Check(bench, flow: true);
    }

    /// <summary>
    /// The stage is to be taken out of the running graph, which is given up, again and again, because what is behind it refuses: each time
    /// it goes on as before. Then it is taken out, and the graph goes on without it.
    /// </summary>
    public static void Removal(StageBench bench)
    {
        bench.FlowAspect = StageAspect.Completion;
        bench.Feed(bench.Traffic.Make);
        bool isOut = false;
        for (int attempt = 0; attempt < ChangesGivenUp && !isOut; attempt++)
        {
            bench.Step(StepsBeforeAChange);
            bench.Sink.Room = 0;
            bench.Step(StepsBeforeAChange);
            isOut = bench.TakeOut(inTime: false);
            bench.Sink.Reopen();
        }

        bench.Step(StepsBeforeAChange);
        if (!isOut && !bench.TakeOut(inTime: true) && !bench.HasThrown)
        {
            bench.Failures.Add(StageAspect.Completion,
                "It is to be taken out of a running graph and does not let go of what it has. When Context.IsEnding, let through what waits"
                + " for a time only.");
        }

        if (!isOut)
            CheckSwift(bench);
        bench.Run();
        End(bench);
        StageVerdict.Check(bench, flow: true);
    }

    /// <summary>The graph breaks elsewhere while the stage is at work.</summary>
    public static void Fault(StageBench bench)
    {
        bench.Sink.Room = RoomBeforeRefusal;
        bench.Feed(bench.Traffic.Make);
        bench.Step(StepsBeforeTheEnd);
        bench.Graph.Fault(new InvalidOperationException("The kit broke the graph."));
        bench.Run();
        bench.TakeBack();
        StageVerdict.Check(bench, flow: false);
    }

    /// <summary>Packets that make no sense.</summary>
    public static void Garbage(StageBench bench)
    {
        bench.Feed(bench.Traffic.MakeGarbage);
        bench.Run();
        End(bench);
        StageVerdict.Check(bench, flow: false);
    }

    private static void CheckSwift(StageBench bench)
    {
        if (bench.EndingNanoseconds <= SlowEndNanoseconds)
            return;
        bench.Failures.Add(StageAspect.Completion,
            "It was told to complete and lets its time pass first: whoever edits the graph waits for that. When Context.IsEnding, let"
            + " through what waits for a time only.");
    }

    private static void CheckRest(StageBench bench)
    {
        if (bench.HasThrown)
            return;
        if (bench.Host.IsBlocked)
        {
            bench.Failures.Add(bench.FlowAspect,
                "It stands still: it has deferred a burst and nothing will wake it. Whoever defers has seen to a Context.Wake or WakeAt.");
        }

        if (bench.Holds)
        {
            bench.Failures.Add(bench.FlowAspect,
                "It keeps bursts back and nothing will make it give them out: nobody knows whether another one comes. Whoever keeps bursts"
                + " has seen to a Context.WakeAt, and gives them out from its pump.");
        }
    }

    private static void End(StageBench bench)
    {
        bench.Graph.Complete();
        bench.Run();
        bench.TakeBack();
        if (bench.Graph.Completion.IsCompleted)
            return;
        bench.Graph.Fault(new InvalidOperationException("The stage did not end."));
        bench.Run();
    }
}
