namespace RdmaPipeline.ConformanceTests.Stages;

/// <summary>A disk that takes nothing until it is told to.</summary>
internal sealed class StuckDisk : MemoryStream
{
    private readonly ManualResetEventSlim _free = new();

    public void Free() => _free.Set();

    // A derived memory stream writes a span by way of an array.
    public override void Write(byte[] buffer, int offset, int count)
    {
        _free.Wait();
        base.Write(buffer, offset, count);
    }

    protected override void Dispose(bool disposing)
    {
        // A capture closes its file; the test looks at it afterwards.
    }
}
