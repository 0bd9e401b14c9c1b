using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Stages;

/// <content>Those that keep bursts.</content>
internal static partial class WrongStages
{
    /// <summary>Has every second burst wait for the one behind it.</summary>
    public sealed class Shuffler : PacketStage, IHoldingStage<PacketBurst>
    {
        private PacketBurst? _held;

        public QueueSize Held => _held is null ? default : new QueueSize(_held.Count, 1);

        public bool Pump() => false;

        public bool TryGiveBack(out PacketBurst burst)
        {
            burst = _held!;
            _held = null;
            return burst is not null;
        }

        protected override void Process(ref PacketBurst burst)
        {
            Keep();
            if (_held is null)
            {
                _held = burst;
                return;
            }

            Context.Emit(0, burst);
            Context.Emit(0, _held);
            _held = null;
        }
    }

    /// <summary>Keeps the last burst and says so to nobody.</summary>
    public sealed class Hoarder : PacketStage
    {
        private PacketBurst? _last;

        protected override void Process(ref PacketBurst burst)
        {
            if (_last is { } last)
                Context.Emit(0, last);
            _last = burst;
            Keep();
        }
    }

    /// <summary>Holds bursts and does not give them back.</summary>
    public sealed class Miser : PacketStage, IHoldingStage<PacketBurst>
    {
        private readonly Queue<PacketBurst> _held = new();

        public QueueSize Held => new(_held.Sum(burst => burst.Count), _held.Count);

        public bool Pump()
        {
            while (_held.Count > 3)
                Context.Emit(0, _held.Dequeue());
            return false;
        }

        public bool TryGiveBack(out PacketBurst burst)
        {
            burst = null!;
            return false;
        }

        protected override void Process(ref PacketBurst burst)
        {
            _held.Enqueue(burst);
            Keep();
            Context.Wake();
        }
    }

    /// <summary>Takes all and gives nothing, neither while it runs nor at its end.</summary>
    public sealed class Scrooge : PacketStage, IHoldingStage<PacketBurst>
    {
        private readonly Queue<PacketBurst> _held = new();

        public QueueSize Held => new(_held.Sum(burst => burst.Count), _held.Count);

        public bool Pump() => false;

        public bool TryGiveBack(out PacketBurst burst)
        {
            burst = null!;
            return false;
        }

        protected override void Process(ref PacketBurst burst)
        {
            _held.Enqueue(burst);
            Keep();
        }
    }

    /// <summary>Waits for a full dozen, and gives out what it has only when it is told to end.</summary>
    public sealed class Collector : PacketStage, IHoldingStage<PacketBurst>
    {
        private readonly Queue<PacketBurst> _held = new();

        public QueueSize Held => new(_held.Sum(burst => burst.Count), _held.Count);

        public bool Pump()
        {
            for (int left = _held.Count >= 13 ? 13 : 0; left > 0; left--)
                Context.Emit(0, _held.Dequeue());
            return false;
        }

        public bool TryGiveBack(out PacketBurst burst) => _held.TryDequeue(out burst!);

        protected override void Process(ref PacketBurst burst)
        {
            _held.Enqueue(burst);
            Keep();
            Context.Wake();
        }
    }

    /// <summary>Takes the first word of an end for the end itself: when it goes on all the same, it gives nothing out any more.</summary>
    public sealed class Sulker : PacketStage, IHoldingStage<PacketBurst>
    {
        private readonly Queue<PacketBurst> _held = new();
        private bool _wasTold;
        private bool _sulks;

        public QueueSize Held => new(_held.Sum(burst => burst.Count), _held.Count);

        public bool Pump()
        {
            while (!_sulks && Context.HasRoom && _held.TryDequeue(out var burst))
                Context.Emit(0, burst);
            return false;
        }

        public bool TryGiveBack(out PacketBurst burst)
        {
            burst = null!;
            return !_sulks && _held.TryDequeue(out burst!);
        }

        protected override void Process(ref PacketBurst burst)
        {
            _sulks |= _wasTold && !Context.IsEnding;
            _wasTold |= Context.IsEnding;
            _held.Enqueue(burst);
            Keep();
            Context.Wake();
        }
    }
}
