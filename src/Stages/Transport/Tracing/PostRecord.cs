using System.Diagnostics;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>Who posted a work request that will probably be traced, and when.</summary>
/// <param name="Index">Its index in the send queue, plus one: 0 is nobody.</param>
/// <param name="Nanoseconds">The device's clock.</param>
/// <param name="Parent">What was current on the posting thread.</param>
internal readonly record struct PostRecord(long Index, long Nanoseconds, ActivityContext Parent);
