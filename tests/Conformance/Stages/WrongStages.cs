using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Stages;

/// <summary>Stages with one defect each.</summary>
internal static partial class WrongStages
{
    /// <summary>Counts every fifth burst as dropped and forgets to let go of it.</summary>
    public sealed class Leaker : PacketStage
    {
        private int _seen;

        protected override void Process(ref PacketBurst burst)
        {
            if (++_seen % 5 != 0)
                return;
            Context.Dropped(DropReason.QueueFull, burst.Count);
            Keep();
        }
    }

    /// <summary>Rents a burst now and then and forgets it.</summary>
    public sealed class Renter : PacketStage
    {
        private int _seen;

        protected override void Process(ref PacketBurst burst)
        {
            if (++_seen % 20 == 0)
                Pool.Rent();
        }
    }

    /// <summary>Lets go of a burst that it passes on.</summary>
    public sealed class DoubleReleaser : PacketStage
    {
        private int _seen;

        protected override void Process(ref PacketBurst burst)
        {
            if (++_seen == 5)
                burst.Release();
        }
    }

    /// <summary>Lets go of a burst twice.</summary>
    public sealed class EagerReleaser : PacketStage
    {
        private int _seen;

        protected override void Process(ref PacketBurst burst)
        {
            if (++_seen != 5)
                return;
            Context.Dropped(DropReason.QueueFull, burst.Count);
            burst.Release();
            burst.Release();
            Keep();
        }
    }

    /// <summary>Lets go of a burst and counts nothing.</summary>
    public sealed class Swallower : PacketStage
    {
        private int _seen;

        protected override void Process(ref PacketBurst burst)
        {
            if (++_seen != 5)
                return;
            burst.Release();
            Keep();
        }
    }

    /// <summary>Takes a packet out of the burst behind everybody's back.</summary>
    public sealed class Pickpocket : PacketStage
    {
        protected override void Process(ref PacketBurst burst)
        {
            Own(ref burst);
            if (burst.Count > 1)
                burst.Count--;
        }
    }

    /// <summary>Passes the first burst on twice.</summary>
    public sealed class Repeater : PacketStage
    {
        private int _seen;

        protected override void Process(ref PacketBurst burst)
        {
            if (++_seen != 5)
                return;
            Context.Created(burst.Count);
            Context.Emit(0, burst);
        }
    }

    /// <summary>Defers a burst and asks for no wake.</summary>
    public sealed class Sleeper : PacketStage
    {
        private int _seen;

        protected override void Process(ref PacketBurst burst)
        {
            if (++_seen == 5)
                Defer(burst, BlockedReason.RateLimit);
        }
    }

    /// <summary>Lets an hour's quarter pass before a burst, whatever happens.</summary>
    public sealed class Dawdler : PacketStage
    {
        private long _due;

        protected override void Process(ref PacketBurst burst)
        {
            if (_due == 0)
            {
                _due = NowNanoseconds + 1_000_000_000;
                Context.WakeAt(_due);
            }

            if (NowNanoseconds < _due)
                Defer(burst, BlockedReason.RateLimit);
            else
                _due = 0;
        }
    }

    /// <summary>Writes into a burst that it has passed on.</summary>
    public sealed class LateWriter : PacketStage
    {
        private PacketBurst? _last;

        protected override void Process(ref PacketBurst burst)
        {
            if (_last is { Count: > 0 } last)
                last.Packets[0].DestinationQueuePair++;
            _last = burst;
        }
    }

    /// <summary>Writes into a burst that it has let go of.</summary>
    public sealed class GraveRobber : PacketStage
    {
        private PacketBurst? _last;
        private int _seen;

        protected override void Process(ref PacketBurst burst)
        {
            if (_last is not null)
                _last.Packets[0].DestinationQueuePair++;
            _last = null;
            if (++_seen % 4 != 0)
                return;
            _last = burst;
            Context.Dropped(DropReason.QueueFull, burst.Count);
            burst.Release();
            Keep();
        }
    }

    /// <summary>Changes packets without asking who else holds them.</summary>
    public sealed class Vandal : PacketStage
    {
        protected override void Process(ref PacketBurst burst) => burst.Packets[0].Icrc = IcrcStatus.Valid16;
    }

    /// <summary>Changes the bytes of frames and leaves the ICRC as it was.</summary>
    public sealed class Forger : PacketStage
    {
        protected override void Process(ref PacketBurst burst)
        {
            Own(ref burst);
            Header(burst, 0)[7] ^= 1;
        }
    }

    /// <summary>Makes a list of every burst's packets.</summary>
    public sealed class Spender : PacketStage
    {
        protected override void Process(ref PacketBurst burst)
        {
            if (burst.Packets.Take(burst.Count).ToList().Exists(packet => packet.Drop != DropReason.None))
                Drop(ref burst, ulong.MaxValue, DropReason.QueueFull);
        }
    }

    /// <summary>Believes in packets of a certain length.</summary>
    public sealed class Believer : PacketStage
    {
        protected override void Process(ref PacketBurst burst)
        {
            for (int i = 0; i < burst.Count; i++)
            {
                if (burst.Bytes(burst.Packets[i].FrameOffset, burst.Packets[i].FrameLength)[53] == 0xFF)
                    Context.Ended(0);
            }
        }
    }

    /// <summary>Always says that it has more to do.</summary>
    public sealed class Busybody : PacketStage, IPumpStage<PacketBurst>
    {
        public bool Pump() => true;

        protected override void Process(ref PacketBurst burst) => Context.Wake();
    }
}
