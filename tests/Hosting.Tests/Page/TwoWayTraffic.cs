using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Page;

/// <summary>
/// Two devices that write to each other all the time, at a pace that leaves the machine to others, until this is disposed of. On demand
/// one sends datagrams that the other has to drop.
/// </summary>
internal sealed class TwoWayTraffic : IAsyncDisposable
{
    private const int Size = 16 * 1024;
    private const int Datagrams = 64;

    private readonly CancellationTokenSource _ending = new();
    private readonly List<Task> _running;

    public TwoWayTraffic(RdmaDevice left, RdmaDevice right, int connections = 2)
    {
        (Left, Right) = (left, right);
        _running = [.. Enumerable.Range(0, connections).SelectMany(_ => new[] { WriteAsync(left, right), WriteAsync(right, left) })];
    }

    public RdmaDevice Left { get; }

    public RdmaDevice Right { get; }

    /// <summary>The left one sends datagrams with a wrong Q_Key: the right one drops them.</summary>
    public async Task SendBadDatagramsAsync()
    {
        var (sender, target) = (MakeReady(Left), MakeReady(Right));
        var gid = Right.QueryGid(1, Right.SelectGid());
        using var way = sender.ProtectionDomain.CreateAddressHandle(new AddressVector
        {
            DestinationGid = gid, SourceGidIndex = Left.SelectGid(1, gid),
        });
        for (int i = 0; i < Datagrams; i++)
        {
            sender.PostSend(new SendWorkRequest
            {
                Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Address = way, RemoteQueuePair = target.Number, RemoteQueueKey = 2,
                InlineData = new byte[8],
            });
        }

        var done = new WorkCompletion[Datagrams];
        for (int have = 0; have < Datagrams;)
            have += await sender.SendCompletionQueue!.PollAsync(done);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll(_running);
        _ending.Dispose();
    }

    private async Task WriteAsync(RdmaDevice from, RdmaDevice to)
    {
        var (near, far) = (from.CreateProtectionDomain(), to.CreateProtectionDomain());
        var (source, sink) = (near.AllocateMemory(Size), far.AllocateMemory(Size, AccessFlags.LocalWrite | AccessFlags.RemoteWrite));
        var (queue, other) = (from.CreateCompletionQueue(16), to.CreateCompletionQueue(16));
        var sender = near.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        var target = far.CreateQueuePair(new() { SendCompletionQueue = other, ReceiveCompletionQueue = other });
        sender.ConnectTo(target.LocalEndpoint);
        target.ConnectTo(sender.LocalEndpoint);
        var done = new WorkCompletion[1];
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!_ending.IsCancellationRequested)
        {
            sender.PostSend(new SendWorkRequest
            {
                Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = source.Entry(),
                RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey,
            });
            await queue.PollAsync(done);
            await pace.WaitForNextTickAsync();
        }
    }

    private static QueuePair MakeReady(RdmaDevice device)
    {
        var queue = device.CreateCompletionQueue(2 * Datagrams);
        var pair = device.CreateProtectionDomain().CreateQueuePair(new()
        {
            Type = QueuePairType.UnreliableDatagram, SendCompletionQueue = queue, ReceiveCompletionQueue = queue,
            Capabilities = new() { MaxSendWorkRequests = Datagrams },
        });
        pair.Activate(queueKey: 1);
        return pair;
    }
}
