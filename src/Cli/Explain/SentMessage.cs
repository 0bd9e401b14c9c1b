using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Cli.Explain;

/// <summary>A message of a service that sends nothing again, as far as a capture shows it.</summary>
internal sealed class SentMessage
{
    private long _payload;
    private long _declared;

    private SentMessage(Psn first) => First = first;

    public Psn First { get; private set; }

    public Psn Last { get; private set; }

    /// <summary>Packets of it that are in the capture.</summary>
    public int Packets { get; private set; }

    /// <summary>Nothing of it is in the capture: it may be one, or as many as there are PSNs.</summary>
    public bool IsUnseen => Packets == 0;

    /// <summary>The first reason why it is lost; null while nothing shows that it is.</summary>
    public MessageLoss? Loss { get; private set; }

    public bool IsWrite { get; private set; }

    /// <summary>What it does.</summary>
    public string Operation { get; private set; } = "";

    /// <summary>Its length in bytes; at least so many where its end is not in the capture.</summary>
    public long Bytes => Math.Max(_declared, _payload);

    private bool HasEnd { get; set; }

    /// <summary>A message whose first packet in the capture this is.</summary>
    public static SentMessage Of(CapturedTransport packet) => new(packet.Psn);

    /// <summary>What was sent at PSNs that are not in the capture.</summary>
    public static SentMessage Unseen(Psn first, int count) => new(first) { Last = first + (count - 1) };

    /// <summary>Whether a PSN is one of its own.</summary>
    public bool Holds(Psn psn) => psn.StepsFrom(First) <= Last.StepsFrom(First);

    /// <summary>Takes a packet of it.</summary>
    public void Take(CapturedTransport packet)
    {
        Packets++;
        Last = packet.Psn;
        IsWrite = packet.Traits.Operation == PacketOperation.Write;
        bool hasImmediate = packet.Traits.Has(HeaderLayout.ImmDt);
        Operation = (IsWrite ? "write" : "send") + (hasImmediate ? " with immediate" : "");
        _payload += packet.PayloadLength;
        _declared = Math.Max(_declared, packet.WriteLength);
        HasEnd |= packet.Traits.IsLast;
    }

    /// <summary>Packets of it are not in the capture: full ones, as all but the last are.</summary>
    public void Miss(int count, int pathMtu)
    {
        if (pathMtu != int.MaxValue)
            _payload += (long)count * pathMtu;
    }

    /// <summary>Packets before the first that is in the capture are not in it.</summary>
    public void BeginAt(Psn first) => First = first;

    /// <summary>It is lost. What came first counts.</summary>
    public void Lose(MessageLoss loss) => Loss ??= loss;

    /// <summary>Which message, in words.</summary>
    public override string ToString()
    {
        string psn = First == Last ? $"PSN {First}" : $"PSN {First} to {Last}";
        if (IsUnseen)
            return First == Last ? $"a message of one packet, {psn}" : $"one message or several, {psn}";
        string size = HasEnd || _declared > 0 ? $"{Bytes} bytes" : $"at least {Bytes} bytes";
        return $"{Operation} of {size}, {psn}";
    }
}
