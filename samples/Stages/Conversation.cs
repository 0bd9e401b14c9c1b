using System.Text;
using RdmaPipeline.Verbs;

/// <summary>A connection from one device to another, for writing short texts.</summary>
public sealed class Conversation : IDisposable
{
    private const int Room = 64 * 1024;

    private readonly MemoryRegion _source;
    private readonly MemoryRegion _sink;
    private readonly CompletionQueue _sent;
    private readonly QueuePair _left;
    private readonly QueuePair _right;
    private int _length;

    public Conversation(RdmaDevice client, RdmaDevice server)
    {
        var (sender, receiver) = (client.CreateProtectionDomain(), server.CreateProtectionDomain());
        _source = sender.AllocateMemory(Room);
        _sink = receiver.AllocateMemory(Room, AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead);
        _sent = client.CreateCompletionQueue(16);
        var received = server.CreateCompletionQueue(16);
        _left = sender.CreateQueuePair(new() { SendCompletionQueue = _sent, ReceiveCompletionQueue = _sent });
        _right = receiver.CreateQueuePair(new() { SendCompletionQueue = received, ReceiveCompletionQueue = received });
        var hasty = new ConnectOptions { Timeout = 14, RetryCount = 2 };    // 67 ms, three times
        _left.ConnectTo(_right.LocalEndpoint, hasty);
        _right.ConnectTo(_left.LocalEndpoint, hasty);
    }

    public uint ServerQueuePair => _right.Number;

    public string Received => Encoding.UTF8.GetString(_sink.AsSpan(0, _length));

    public WorkCompletionStatus Write(string text) => Do(SendOpcode.RdmaWrite, text);

    public string Read(int length)
    {
        Do(SendOpcode.RdmaRead, new string(' ', length));
        return Encoding.UTF8.GetString(_source.AsSpan(0, length));
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    private WorkCompletionStatus Do(SendOpcode opcode, string text)
    {
        _length = Encoding.UTF8.GetBytes(text, _source.AsSpan(0, Room));
        _left.PostSend(new SendWorkRequest
        {
            Opcode = opcode, Flags = SendFlags.Signaled, Entry = _source.Entry(0, (ulong)_length), RemoteAddress = _sink.Address,
            RemoteKey = _sink.RemoteKey,
        });
        var done = new WorkCompletion[1];
        while (_sent.Poll(done) == 0)
        {
            // Polling moves the packets.
        }
        return done[0].Status;
    }
}
