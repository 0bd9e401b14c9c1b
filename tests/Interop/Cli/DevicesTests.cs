using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RdmaPipeline.InteropTests.Cli;

/// <summary><c>rdmapipe devices</c>.</summary>
public sealed class DevicesTests
{
    [Fact]
    public void TheLayoutIsThatOfIbvDevinfo()
    {
        var text = Rdmapipe.Run("devices", "-v", "udp://127.0.0.3?mtu=1024").Expect().Output;
        Assert.StartsWith("hca_id:\tudp://127.0.0.3?mtu=1024\n\ttransport:\t\t\tInfiniBand (0)\n", text);
        foreach (var line in new[]
        {
            "\tnode_guid:\t\t\t0200:7fff:fe00:0003\n", "\tphys_port_cnt:\t\t\t1\n", "\tmax_qp_wr:\t\t\t1048576\n",
            "\tatomic_cap:\t\t\tATOMIC_HCA (1)\n", "\t\t\t\t\tBAD_PKEY_CNTR\n", "\t\tport:\t1\n",
            "\t\t\tstate:\t\t\tPORT_ACTIVE (4)\n", "\t\t\tactive_mtu:\t\t1024 (3)\n", "\t\t\tlink_layer:\t\tEthernet\n",
            "\t\t\tphys_state:\t\tLINK_UP (5)\n", "\t\t\tGID[  0]:\t\t::ffff:127.0.0.3, RoCE v2\n", "\t\t\tPKEY[ 0]:\t\t0xffff\n",
        })
        {
            Assert.Contains(line, text);
        }

        Assert.DoesNotContain("Unknown", text);
        // Without -v only what ibv_devinfo prints without it.
        var brief = Rdmapipe.Run("devices", "udp://127.0.0.3").Expect().Output;
        Assert.Contains("\t\t\tport_lmc:\t\t0x00\n", brief);
        Assert.DoesNotMatch(new Regex("max_qp|GID|PKEY|phys_state"), brief);
    }

    [Fact]
    public void JsonHasEveryAttributeAndTable()
    {
        var report = JsonNode.Parse(Rdmapipe.Run("devices", "--json", "mem://devices/a?mtu=1024", "udp://127.0.0.4").Expect().Output)!;
        Assert.Equal(["devices"], report.AsObject().Select(p => p.Key));
        var devices = report["devices"]!.AsArray();
        Assert.Equal(["mem://devices/a?mtu=1024", "udp://127.0.0.4"], devices.Select(d => d!["uri"]!.GetValue<string>()));
        Assert.All(devices, device =>
        {
            Assert.Equal(1048576, device!["attributes"]!["maxQueuePairWorkRequests"]!.GetValue<int>());
            var port = Assert.Single(device["ports"]!.AsArray())!;
            Assert.Equal("Active", port["attributes"]!["state"]!.GetValue<string>());
            Assert.Equal(0xFFFF, port["pkeys"]!.AsArray().Single()!.GetValue<int>());
        });
        var gid = devices[1]!["ports"]![0]!["gids"]![0]!;
        Assert.Equal("""{"index":0,"gid":"::ffff:127.0.0.4","type":"RoCE v2"}""", gid.ToJsonString());
    }

    [Fact]
    public void WithoutUrisTheAddressesOfTheMachineAreListed()
    {
        var names = Regex.Matches(Rdmapipe.Run("devices").Expect().Output, @"^hca_id:\t(\S+)$", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value).ToList();
        Assert.Contains("udp://127.0.0.1", names);
        Assert.All(names, name => Assert.StartsWith("udp://", name));
        Assert.Equal(names.Distinct(), names);
    }
}
