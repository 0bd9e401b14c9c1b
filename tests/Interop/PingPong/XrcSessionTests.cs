using System.Text;
using RdmaPipeline.Cli;
using RdmaPipeline.Cli.PingPong;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>The exchange of ibv_xsrq_pingpong: its addresses, and a server with clients that share a device.</summary>
public sealed class XrcSessionTests
{
    [Fact]
    public void TheAddressIsThatOfIbvXsrqPingpong()
    {
        const string Message = "0000:000011:000012:ee0d9c:000007:00000000000000000000ffffc6120002\0";
        var end = XrcDestination.Parse(Encoding.ASCII.GetBytes(Message));
        Assert.Equal(new(0, 0x11, 0x12, 0xEE0D9C, 7, Gid.Parse("::ffff:198.18.0.2")), end);
        Assert.Equal(Message, Encoding.ASCII.GetString(end.ToMessage()));
        Assert.Equal(XrcDestination.MessageLength, Message.Length);
        Assert.Throws<CliException>(() => XrcDestination.Parse(Encoding.ASCII.GetBytes(Message[5..])));
    }

    /// <summary>
    /// The messages for each client take turns on the connections of all: most of them reach a client on another's connection, by the
    /// number of its shared receive queue (R-VERB-10).
    /// </summary>
    [Fact]
    public async Task ThreeClientsOnOneDeviceGetEachTheirOwn()
    {
        var options = new PingPongOptions { Service = PingPongService.Xsrq, Size = 2000, Iterations = 30, Events = true };
        using var serverDevice = RdmaPipelineDevice.Open("mem://xsrq/server");
        using var clientDevice = RdmaPipelineDevice.Open("mem://xsrq/clients");
        using var server = new XrcSession(serverDevice, serverDevice.SelectGid(), options with { QueuePairs = 3 });
        var clients = Enumerable.Range(0, 3).Select(_ => new XrcSession(clientDevice, clientDevice.SelectGid(), options)).ToList();
        for (var i = 0; i < clients.Count; i++)
        {
            clients[i].Connect(0, server.Local(i));
            server.Connect(i, clients[i].Local(0));
        }

        var ends = clients.Select(client => Task.Run(() => client.RunAsync(first: false, default))).ToList();
        await server.RunAsync(first: true, default);
        await Task.WhenAll(ends);
        Assert.Equal(90, clientDevice.GetPipeline().HardwareCounters["rdma_recvs"]);
        Assert.Equal(90, serverDevice.GetPipeline().HardwareCounters["rdma_recvs"]);
        clients.ForEach(client => client.Dispose());
    }
}
