using System.Runtime.InteropServices;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>Memory of a host that its peer used, under the key and at the addresses that the packets name.</summary>
internal sealed class RemoteRegion(uint key, ulong start, int length)
{
    private readonly byte[] _bytes = GC.AllocateArray<byte>(Math.Max(length, 1), pinned: true);
    private readonly byte[] _expected = new byte[length];
    private readonly bool[] _isKnown = new bool[length];

    public uint Key => key;

    public ulong Start => start;

    public int Length => length;

    public nint Pointer => Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);

    /// <summary>What it holds now.</summary>
    public ReadOnlySpan<byte> Actual => _bytes.AsSpan(0, length);

    /// <summary>What it must hold when the capture ends.</summary>
    public ReadOnlySpan<byte> Expected => _expected;

    /// <summary>Soft-RoCE was told to write here.</summary>
    public void Written(ulong address, ReadOnlySpan<byte> data)
    {
        var offset = (int)(address - start);
        data.CopyTo(_expected.AsSpan(offset));
        _isKnown.AsSpan(offset, data.Length).Fill(true);
    }

    /// <summary>Soft-RoCE read this here: what nothing was written to yet has held it from the beginning.</summary>
    public void Read(ulong address, ReadOnlySpan<byte> data)
    {
        var offset = (int)(address - start);
        for (var i = 0; i < data.Length; i++)
        {
            if (_isKnown[offset + i]) continue;
            (_bytes[offset + i], _expected[offset + i], _isKnown[offset + i]) = (data[i], data[i], true);
        }
    }

    /// <summary>The owner wrote here itself.</summary>
    public void Rewrite(ulong address, ReadOnlySpan<byte> data)
    {
        var offset = (int)(address - start);
        data.CopyTo(_bytes.AsSpan(offset));
        data.CopyTo(_expected.AsSpan(offset));
    }
}
