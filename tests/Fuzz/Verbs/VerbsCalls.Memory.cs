using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Verbs;

/// <content>Memory: regions, windows, device memory.</content>
internal static partial class VerbsCalls
{
    private static void Register(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.Regions.HasRoom) return;
        var domain = bench.Pick(side.Domains, ref choices);
        var area = bench.Arena[choices.Below(MemoryArena.FirstUntouchable)];
        var length = choices.OneIn(4) ? choices.Byte() : (ulong)MemoryArena.AreaLength;
        var access = Absurd.Access(ref choices);
        ulong? iova = choices.OneIn(4) ? choices.Pick<ulong>(0, 0x1000, ulong.MaxValue, ulong.MaxValue - 4096) : null;
        side.Regions.Add(choices.Below(10) switch
        {
            0 => domain.RegisterMemory(0, length, access),
            1 => domain.RegisterMemory(area, ulong.MaxValue - choices.Byte(), access),
            2 => domain.AllocateMemory(choices.Pick(0, 1, 4096, -1, int.MaxValue), access),
            3 => domain.AllocateNullRegion(),
            4 => domain.RegisterAddressSpace(access),
            5 => domain.RegisterDeviceMemory(bench.Pick(bench.Stray(side, ref choices).DeviceMemories, ref choices),
                choices.Byte(), length, access | AccessFlags.ZeroBased),
            _ => domain.RegisterMemory(area, length, access, iova, peerMayInvalidate: choices.OneIn(3)),
        });
    }

    private static void AllocateRegion(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.Regions.HasRoom) return;
        var domain = bench.Pick(side.Domains, ref choices);
        var type = choices.OneIn(8) ? Absurd.Enum<MemoryRegionType>(ref choices) : MemoryRegionType.FastRegistration;
        side.Regions.Add(domain.AllocateRegion(type, choices.OneIn(6) ? choices.Pick(0, -1, 513, int.MaxValue) : choices.Between(1, 8)));
    }

    private static void AllocateWindow(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (side.Windows.HasRoom)
            side.Windows.Add(bench.Pick(side.Domains, ref choices).AllocateWindow(Absurd.Enum<MemoryWindowType>(ref choices)));
    }

    private static void AllocateDeviceMemory(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        if (!side.DeviceMemories.HasRoom) return;
        var length = choices.Pick<ulong>(64, 4096, 0, ulong.MaxValue, 1UL << 40);
        var alignment = choices.OneIn(6) ? choices.Pick(-1, 13, int.MaxValue) : choices.Below(13);
        side.DeviceMemories.Add(side.Device.AllocateDeviceMemory(length, alignment));
        if (side.DeviceMemories.Pick(ref choices, out var isGone) is { } memory && !isGone)
            memory.CopyFrom((ulong)choices.Byte(), new byte[choices.Byte()]);
    }

    private static void ChangeRegion(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var region = bench.Pick(side.Regions, ref choices);
        switch (choices.Below(5))
        {
            case 0:
                region.Reregister(bench.PickOrNull(bench.Stray(side, ref choices).Domains, ref choices), Absurd.Access(ref choices));
                break;
            case 1:
                region.Reregister(bench.Arena[choices.Below(MemoryArena.FirstUntouchable)], MemoryArena.AreaLength);
                break;
            case 2:
                region.Reregister(access: choices.OneIn(2) ? Absurd.Access(ref choices) : null);
                break;
            case 3:
                region.AsSpan(choices.Byte(), choices.Pick(0, 1, -1, int.MaxValue, 4096));
                break;
            default:
                var entry = region.Entry(choices.Byte(), choices.Pick<ulong>(0, 1, 4096, ulong.MaxValue));
                bench.Pick(side.Domains, ref choices).AdviseMemory(
                    Absurd.Enum<MemoryAdvice>(ref choices), [entry], (MemoryAdviceFlags)choices.Below(3));
                break;
        }
    }

    private static void MapRegion(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var region = bench.Pick(side.Regions, ref choices);
        var pieces = new MemoryPiece[choices.Below(4)];
        for (var i = 0; i < pieces.Length; i++)
        {
            var area = choices.OneIn(12) ? 0 : bench.Arena[choices.Below(MemoryArena.FirstUntouchable)];
            pieces[i] = new MemoryPiece(area, choices.OneIn(12) ? ulong.MaxValue : choices.OneIn(2) ? choices.Byte() : 4096UL);
        }

        region.Map(pieces, choices.OneIn(6) ? choices.Pick(0, -1, 3000, 1 << 30) : 4096, choices.OneIn(3) ? 0x8000 : null);
    }

    private static void BindWindow(VerbsBench bench, VerbsSide side, ref RecordReader choices)
    {
        var pair = bench.Pick(side.Pairs, ref choices);
        var window = bench.Pick(bench.Stray(side, ref choices).Windows, ref choices);
        var region = bench.PickOrNull(bench.Stray(side, ref choices).Regions, ref choices);
        var request = new SendWorkRequest { WorkRequestId = bench.NextId(), Flags = (SendFlags)(choices.Byte() & 7) };
        pair.BindWindow(window, region, (region?.Address ?? 0) + choices.Byte(), choices.Pick<ulong>(0, 64, 4096, ulong.MaxValue),
            Absurd.Access(ref choices), request.WorkRequestId, request.Flags);
        bench.Work.PostedSend(pair, request);
    }
}
