namespace RdmaPipeline.Verbs;

/// <summary>Sees send work requests as they are posted. Called by any posting thread; it must neither throw nor wait.</summary>
internal interface IPostObserver
{
    /// <summary>A work request has been filled in; nobody has seen it yet.</summary>
    /// <param name="index">Its index in the send queue.</param>
    void Posted(long index);
}
