namespace RdmaPipeline.Hosting.Streams;

/// <summary>Who waits for a <see cref="StreamSignal"/>.</summary>
internal interface IStreamWaiter
{
    /// <summary>What is waited for may be so now: look again.</summary>
    void Resume();
}
