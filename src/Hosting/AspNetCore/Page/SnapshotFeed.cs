using System.Text.Json;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Hosting.Page;

/// <summary>
/// Looks at the pipelines once per period while somebody watches, and gives the same look to all who do. However many they are and however
/// slow, the pipelines are looked at once per period, and what is kept for each viewer is one look, the newest.
/// </summary>
internal sealed class SnapshotFeed(Func<PipelineObserver> observe, TimeSpan period, int maxViewers)
{
    private readonly Lock _gate = new();
    private readonly List<SnapshotViewer> _viewers = [];
    private byte[]? _latest;
    private bool _isLooking;

    /// <summary>Those who watch.</summary>
    public int ViewerCount
    {
        get
        {
            lock (_gate)
                return _viewers.Count;
        }
    }

    /// <summary>Whether it looks at the pipelines now and then.</summary>
    public bool IsLooking
    {
        get
        {
            lock (_gate)
                return _isLooking;
        }
    }

    /// <summary>A new viewer, who sees the latest look at once; null when there are too many.</summary>
    public SnapshotViewer? Join()
    {
        lock (_gate)
        {
            if (_viewers.Count == maxViewers)
                return null;
            var viewer = new SnapshotViewer(this);
            if (_latest is not null)
                viewer.Show(_latest);
            _viewers.Add(viewer);
            if (!_isLooking)
                _ = Task.Run(LookAsync);
            _isLooking = true;
            return viewer;
        }
    }

    /// <summary>A viewer who has gone.</summary>
    public void Leave(SnapshotViewer viewer)
    {
        lock (_gate)
            _viewers.Remove(viewer);
    }

    // Rates are those between two looks, so an observer lasts as long as looks follow each other.
    private async Task LookAsync()
    {
        try
        {
            var observer = observe();
            bool goesOn = Publish(observer.Look());
            using var timer = new PeriodicTimer(period);
            while (goesOn)
            {
                await timer.WaitForNextTickAsync().ConfigureAwait(false);
                goesOn = Publish(observer.Look());
            }
        }
        catch (Exception fault)
        {
            End(fault);
            throw;
        }
    }

    // False: nobody watches any more.
    private bool Publish(PipelineSnapshot snapshot)
    {
        byte[] look = JsonSerializer.SerializeToUtf8Bytes(snapshot, SnapshotJson.Default.PipelineSnapshot);
        lock (_gate)
        {
            foreach (var viewer in _viewers)
                viewer.Show(look);
            _isLooking = _viewers.Count > 0;
            _latest = _isLooking ? look : null;
            return _isLooking;
        }
    }

    private void End(Exception fault)
    {
        lock (_gate)
        {
            foreach (var viewer in _viewers)
                viewer.End(fault);
            _viewers.Clear();
            (_latest, _isLooking) = (null, false);
        }
    }
}
