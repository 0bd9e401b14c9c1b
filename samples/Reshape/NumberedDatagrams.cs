using RdmaPipeline.Verbs;

namespace RdmaPipeline.Samples.Reshape;

/// <summary>Unreliable datagrams, which nobody repeats: each carries its number, and the next follows when it has arrived.</summary>
internal static class NumberedDatagrams
{
    public static int Send(RdmaDevice from, RdmaDevice to, CancellationToken stop)
    {
        using var sender = Open(from, out var source, out var sent);
        using var receiver = Open(to, out var sink, out var received);
        var gid = to.QueryGid(1, to.SelectGid());
        using var way = source.ProtectionDomain.CreateAddressHandle(
            new AddressVector { DestinationGid = gid, SourceGidIndex = from.SelectGid(1, gid) });
        var done = new WorkCompletion[1];
        for (var number = 0; ; number++)
        {
            receiver.PostReceive(new ReceiveWorkRequest { Entry = sink.Entry() });
            BitConverter.TryWriteBytes(source.AsSpan(0, 4), number);
            sender.PostSend(new SendWorkRequest
            {
                Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = source.Entry(0, 4),
                Address = way, RemoteQueuePair = receiver.Number, RemoteQueueKey = 7,
            });
            while (received.Poll(done) == 0)
                Thread.Yield();
            while (sent.Poll(done) == 0)
                Thread.Yield();
            if (BitConverter.ToInt32(sink.AsSpan(GlobalRouteHeader.Length, 4)) != number)
                throw new InvalidOperationException($"datagram {number} is lost");
            if (stop.IsCancellationRequested)
                return number + 1;
        }
    }

    private static QueuePair Open(RdmaDevice device, out MemoryRegion memory, out CompletionQueue queue)
    {
        var domain = device.CreateProtectionDomain();
        memory = domain.AllocateMemory(64);
        queue = device.CreateCompletionQueue(16);
        var pair = domain.CreateQueuePair(new()
        {
            Type = QueuePairType.UnreliableDatagram, SendCompletionQueue = queue, ReceiveCompletionQueue = queue,
        });
        pair.Activate(queueKey: 7);
        return pair;
    }
}
