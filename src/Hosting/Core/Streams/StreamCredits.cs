namespace RdmaPipeline.Hosting.Streams;

/// <summary>
/// Who may send how much. A credit is a receive that the other side has posted, so nothing is ever sent that finds none (no RNR NAK). Each
/// message costs one and gives back what was posted anew. The last credit is kept for a message without data: the peer posts its receive
/// again whether its program reads or not, so two sides that both write first and read later cannot lock each other out. (SMB Direct
/// keeps its last credit in the same way.)
/// </summary>
/// <param name="available">Receives that the peer has posted.</param>
/// <param name="granted">Receives that this side has posted, at least 4.</param>
internal sealed class StreamCredits(int available, int granted)
{
    private readonly int _most = available;
    private readonly int _threshold = granted / 2;
    private int _available = available;
    private int _owed;

    /// <summary>Whether a message with data may be sent, or one that ends the data.</summary>
    public bool AllowData => _available >= 2;

    /// <summary>Whether a message may be sent that is not the program's.</summary>
    public bool AllowControl => _available >= 1;

    /// <summary>Whether the peer should be told of receives posted anew although there is nothing to send.</summary>
    public bool IsGrantDue => _owed >= _threshold;

    /// <summary>A receive was posted anew.</summary>
    public void Owe() => _owed++;

    /// <summary>A message goes out.</summary>
    /// <returns>The credits that it gives back.</returns>
    public int Spend()
    {
        (int given, _owed) = (_owed, 0);
        _available--;
        return given;
    }

    /// <summary>The peer has given credits.</summary>
    /// <param name="credits">How many.</param>
    /// <returns>False: more than there can be, the peer does not keep to the rules.</returns>
    public bool TryTake(int credits)
    {
        _available += credits;
        return _available <= _most;
    }
}
