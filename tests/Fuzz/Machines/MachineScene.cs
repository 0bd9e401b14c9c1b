using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Simulation;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>
/// Two connected ends and the wire between them, which does to the frames what the records say. In the end the wire is good again, and
/// everything must come to rest.
/// </summary>
internal sealed class MachineScene
{
    private const int MostFlying = 96;
    private const int MostRounds = 100_000;
    private const int RecordsInError = 4;
    private const long PatienceNanoseconds = 120_000_000_000;

    private readonly SceneSettings _settings;
    private readonly MachineWorld _world;
    private readonly FuzzTally _tally;
    private readonly MachineCanary _canary;
    private readonly VirtualTimeProvider _time = new();
    private readonly SceneEnd[] _ends;
    private readonly List<FlyingFrame> _flying = [];
    private int _recordsInError;

    public MachineScene(SceneSettings settings, MachineWorld world, FuzzTally tally, MachineCanary canary)
    {
        (_settings, _world, _tally, _canary) = (settings, world, tally, canary);
        _ends = [Create(0), Create(1)];
        Connect();
    }

    /// <summary>Does what one record says.</summary>
    public void Play(ReadOnlySpan<byte> record)
    {
        var choices = new RecordReader(record);
        var what = choices.Byte();
        var side = choices.Byte() & 1;
        _tally.Trace?.Invoke($"at {_time.Now}: record {what:x2} of end {side}; {_ends[0].Sender.State}, {_ends[1].Sender.State}");
        try
        {
            if (HasBeenInErrorLongEnough()) Reconnect();
            else Do(what, side, ref choices);
        }
        catch (RdmaException refused)
        {
            if (!Enum.IsDefined(refused.Errno) || refused.Errno == VerbsErrno.None) throw;
            _tally.Note("refused");
            _tally.Trace?.Invoke($"refused: {refused.Message}");
        }
        catch (ObjectDisposedException)
        {
            _tally.Note("disposed");
        }

        if (_settings.SendsAtOnce) Pump();
    }

    /// <summary>The wire is good from now on: everything comes to rest, and after a flush nothing is outstanding.</summary>
    public void Finish()
    {
        Settle();
        foreach (var end in _ends) CheckNobodyWaits(end);
        foreach (var end in _ends) end.FlushAndCheck(Pump);
        Settle();
        foreach (var end in _ends) end.Poll();
        _world.Check();
        foreach (var frame in _flying) _world.Land(frame);
    }

    private void Do(byte what, int side, ref RecordReader choices)
    {
        var (end, peer) = (_ends[side], _ends[1 - side]);
        switch (what)
        {
            case < 60: Deliver(ref choices); break;
            case < 72: Disorder(ref choices); break;
            case < 140: Forge(side, ref choices); break;
            case < 190: SendForge.Post(end, peer, ref choices); break;
            case < 222: end.PostReceive(ref choices); break;
            case < 230: Pump(); break;
            case < 238: PassTime(ref choices); break;
            case < 242: end.Poll(); break;
            default: Control(what, end, ref choices); break;
        }
    }

    // In ERR little happens: a few records to see that, then on.
    private bool HasBeenInErrorLongEnough()
    {
        var inError = _ends[0].IsInError || _ends[1].IsInError;
        _recordsInError = inError && _recordsInError < RecordsInError ? _recordsInError + 1 : 0;
        return _recordsInError == RecordsInError;
    }

    private void Deliver(ref RecordReader choices)
    {
        for (var count = choices.Below(4); count >= 0 && _flying.Count != 0; count--)
        {
            var frame = Take(0);
            if (choices.OneIn(3)) FrameChange.Apply(frame, ref choices);
            Arrive(frame);
        }
    }

    private void Disorder(ref RecordReader choices)
    {
        if (_flying.Count == 0) return;
        var frame = Take(choices.Byte() % _flying.Count);
        switch (choices.Below(4))
        {
            case 0: _world.Land(frame); break;
            case 1: Arrive(frame, again: true); break;
            case 2: _flying.Add(frame); break;
            default: Arrive(frame); break;
        }
    }

    private void Forge(int side, ref RecordReader choices)
    {
        var frame = _world.TakeOff();
        frame.To = side;
        _world.Forge.Make(frame, _ends[1 - side], _ends[side], _settings, ref choices);
        Arrive(frame);
    }

    private void PassTime(ref RecordReader choices)
    {
        var next = NextDeadline();
        if (choices.OneIn(2)) next = new Instant(_time.Nanoseconds + (1L << choices.Below(28)));
        if (next != Instant.Never) AdvanceTo(next);
    }

    private void Control(byte what, SceneEnd end, ref RecordReader choices)
    {
        var queuePair = choices.OneIn(2) ? end.Receiver : end.Sender;
        switch (what)
        {
            case < 245: end.Memory.Disturb(ref choices); break;
            case 245: queuePair.Modify(new QueuePairAttributes { State = QueuePairState.Error }); break;
            case 246 or 247: queuePair.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained }); break;
            case 248 or 249: queuePair.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend }); break;
            case 250: queuePair.Modify(new QueuePairAttributes { Access = (AccessFlags)choices.Byte() }); break;
            case 251: queuePair.Modify(new QueuePairAttributes 
            {
                // R-REQ-21: with none a READ would wait for ever, as it must.
                MaxReadAtomic = choices.Between(1, 6), MaxDestinationReadAtomic = choices.Below(6),
            }); break;
            case 255 when choices.OneIn(2): end.Listen(choices.OneIn(2)); break;
            default: Reconnect(); break;
        }
    }

    // Both at once, as an application does; frames of the time before stay on the wire.
    private void Reconnect()
    {
        foreach (var end in _ends) end.Reset();
        Connect();
    }

    private void Connect()
    {
        _ends[0].Connect(_ends[1]);
        _ends[1].Connect(_ends[0]);
    }

    private void Settle()
    {
        for (var round = 0; round < MostRounds; round++)
        {
            Pump();
            if (_flying.Count != 0)
            {
                Arrive(Take(0));
                continue;
            }

            foreach (var end in _ends) end.Poll();
            var next = NextDeadline();
            if (next == Instant.Never) return;
            if (next.Nanoseconds > PatienceNanoseconds)
                throw new FuzzFailureException($"still waits for {next.Nanoseconds} ns");
            AdvanceTo(next);
        }

        throw new FuzzFailureException($"does not come to rest in {MostRounds} rounds");
    }

    // Whoever waits has a timer; nobody has one now, so nothing may be outstanding but what the user holds back.
    private void CheckNobodyWaits(SceneEnd end)
    {
        var ring = end.Sender.Context.SendRing;
        if (end.Sender.State == QueuePairState.ReadyToSend && ring.Retired != ring.Tail)
            throw new FuzzFailureException($"{ring.Tail - ring.Retired} sends wait for ever");
    }

    private void AdvanceTo(Instant next)
    {
        _time.MoveTo(Math.Max(next.Nanoseconds, _time.Nanoseconds));
        foreach (var end in _ends) end.Node.HandleDeadlines();
    }

    private Instant NextDeadline() => Instant.Earlier(_ends[0].Node.NextDeadline, _ends[1].Node.NextDeadline);

    private void Pump()
    {
        for (var round = 0; _ends[0].Node.Pump() | _ends[1].Node.Pump(); round++)
        {
            if (round > MostRounds) throw new FuzzFailureException("sends without end");
        }
    }

    private void Arrive(FlyingFrame frame, bool again = false)
    {
        var end = _ends[frame.To];
        var counters = CountOf(end);
        var completions = end.Completions;
        end.Expect(_settings.Tracing.HasContexts && (frame.Length & 8) != 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var drop = _world.Frames.Receive(frame.Frame, end.Node);
        _world.CountAllocated(GC.GetAllocatedBytesForCurrentThread() - before);
        _tally.Count(drop);
        _tally.Trace?.Invoke($"at {_time.Now}: {Describe(frame)}: {drop}");
        var wasTaken = CountOf(end) != counters;
        if (_canary == MachineCanary.WritesBehindARegion && drop == DropReason.None) _world.Arenas[frame.To].Overrun();
        if (drop == DropReason.None && !wasTaken) throw new FuzzFailureException("a packet vanished: nobody took it, nobody dropped it");
        // R-WIRE-31.
        if (!wasTaken && completions != end.Completions) throw new FuzzFailureException($"a packet dropped as {drop} completed something");
        if (again) _flying.Add(frame);
        else _world.Land(frame);
    }

    private static string Describe(FlyingFrame frame)
    {
        var beginning = frame.Transport[..Math.Min(frame.Transport.Length, 48)];
        return $"to end {frame.To} {(Opcode)beginning[0]} {Convert.ToHexStringLower(beginning)}";
    }

    private static long CountOf(SceneEnd end)
    {
        var (sender, receiver) = (end.Node.CountersOf(end.Sender), end.Node.CountersOf(end.Receiver));
        return sender.ReceivedResponses + sender.ReceivedRequests + receiver.ReceivedRequests + receiver.ReceivedResponses;
    }

    private FlyingFrame Take(int index)
    {
        var frame = _flying[index];
        _flying.RemoveAt(index);
        return frame;
    }

    private SceneEnd Create(int side) => new(side, _settings, _time, _world.Frames, (frame, offset) => Depart(frame, offset, 1 - side),
        _world.Arenas[side], _canary);

    private void Depart(ReadOnlySpan<byte> bytes, int transportOffset, int to)
    {
        DepartureCheck.Check(bytes[transportOffset..], _ends[1 - to], _ends[to]);
        _ends[1 - to].Left(bytes[transportOffset..]);
        if (_flying.Count == MostFlying) _world.Land(Take(0));
        var frame = _world.TakeOff();
        bytes.CopyTo(frame.Bytes);
        (frame.Length, frame.TransportOffset, frame.To) = (bytes.Length, transportOffset, to);
        _flying.Add(frame);
    }
}
