using System.Buffers.Binary;

namespace RdmaPipeline.InteropTests.Cli;

/// <summary><c>rdmapipe decode</c>.</summary>
public sealed class DecodeTests : IDisposable
{
    // A SEND of one byte of Linux Soft-RoCE, its acknowledgement, and an ARP request.
    private const string Send =
        "525400180202525400180201080045000030e95d40004011c137c6120201c6120202c12112b7001c00000430ffff0000001180100112bd000000382936a2";
    private const string Ack =
        "5254001802015254001802020800450000308b96400040111effc6120202c6120201c12112b7001c00001100ffff00000011001001111f0000019d019376";
    private const string Arp = "ffffffffffff525400180201080600010800060400015254001802 01c6120201000000000000c6120202";

    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void EveryPacketIsPrintedWithTheVerdictOnItsIcrc()
    {
        Write(Bytes(Send), Bytes(Ack), Bytes(Arp));
        var run = Rdmapipe.Run("decode", _file).Expect();
        foreach (var text in new[] { "opcode=0x04", "opcode=0x11", "psn=0x100112", "2 RDMA packets, 1 others passed over, 0 failed" })
            Assert.Contains(text, run.Output);
    }

    [Fact]
    public void OneFlippedBitIsAFailure()
    {
        var wrong = Bytes(Send);
        wrong[^7] ^= 0x10;
        Write(Bytes(Ack), wrong);
        var run = Rdmapipe.Run("decode", _file);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("WRONG", run.Output);
        Assert.Contains("2 RDMA packets, 0 others passed over, 1 failed", run.Output);
        Assert.Equal(1, Rdmapipe.Run("decode", _file, "--json").ExitCode);
    }

    [Fact]
    public void WhatIsNoCaptureIsRefusedInOneLine()
    {
        File.WriteAllText(_file, "this is no capture file, whatever its name says");
        var run = Rdmapipe.Run("decode", _file);
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.StartsWith($"rdmapipe: {_file}: ", run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(_file);

    private static byte[] Bytes(string hexadecimal) => Convert.FromHexString(hexadecimal.Replace(" ", ""));

    /// <summary>A pcap file of link type Ethernet.</summary>
    private void Write(params byte[][] frames)
    {
        using var file = File.Create(_file);
        foreach (var word in new uint[] { 0xA1B2C3D4, 0x00040002, 0, 0, 65_535, 1 }) WriteWord(file, word);
        foreach (var frame in frames)
        {
            foreach (var word in new[] { 0u, 0u, (uint)frame.Length, (uint)frame.Length }) WriteWord(file, word);
            file.Write(frame);
        }
    }

    private static void WriteWord(Stream file, uint word)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
        file.Write(bytes);
    }
}
