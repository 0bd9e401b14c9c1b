namespace RdmaPipeline.Transport.Stages;

/// <summary>Where the frames of a capture go. Used by the capture's own thread, which ends it by disposing of it.</summary>
internal interface ICaptureTarget : IDisposable
{
    /// <summary>
    /// Takes a frame, and as long as it likes: meanwhile packets wait in the capture's ring, and what finds no room there is missed.
    /// </summary>
    /// <param name="packet">What is known of it.</param>
    /// <param name="frame">What was kept of the frame, beginning with what its link begins with; valid during the call.</param>
    /// <param name="originalLength">Bytes the whole frame has.</param>
    void Write(in CapturedBytes packet, ReadOnlySpan<byte> frame, int originalLength);

    /// <summary>Nothing more waits at present.</summary>
    void Flush();
}
