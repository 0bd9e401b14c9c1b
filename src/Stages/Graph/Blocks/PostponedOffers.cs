using System.Threading.Tasks.Dataflow;

namespace RdmaPipeline.Graph.Blocks;

/// <summary>
/// The offers a block has postponed, oldest first; a source has one at most, and a newer one takes its place in the line.
/// </summary>
internal sealed class PostponedOffers<T>
    where T : class, IBurst
{
    private readonly List<(ISourceBlock<T> Source, DataflowMessageHeader Header)> _offers = [];

    public int Count => _offers.Count;

    public bool Contains(ISourceBlock<T> source) => IndexOf(source) >= 0;

    public void Push(ISourceBlock<T> source, DataflowMessageHeader header)
    {
        int index = IndexOf(source);
        if (index >= 0)
        {
            _offers[index] = (source, header);
        }
        else
        {
            _offers.Add((source, header));
        }
    }

    public void Remove(ISourceBlock<T> source)
    {
        int index = IndexOf(source);
        if (index >= 0)
        {
            _offers.RemoveAt(index);
        }
    }

    /// <summary>Takes the oldest offer; the oldest whose edge has room in the queue, if asked.</summary>
    public bool TryTake(bool withRoom, out ISourceBlock<T> source, out DataflowMessageHeader header)
    {
        for (int i = 0; i < _offers.Count; i++)
        {
            (source, header) = _offers[i];
            if (!withRoom || source is not OutputPort<T> { HasRoomAtTarget: false })
            {
                _offers.RemoveAt(i);
                return true;
            }
        }

        source = null!;
        header = default;
        return false;
    }

    private int IndexOf(ISourceBlock<T> source)
    {
        for (int i = 0; i < _offers.Count; i++)
        {
            if (ReferenceEquals(_offers[i].Source, source))
            {
                return i;
            }
        }

        return -1;
    }
}
