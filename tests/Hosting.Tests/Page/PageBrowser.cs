using RdmaPipeline.HostingTests.Page.Browser;

namespace RdmaPipeline.HostingTests.Page;

/// <summary>One browser for all tests of the page.</summary>
public sealed class PageBrowser : IAsyncLifetime
{
    private Chromium? _chromium;

    public Task<BrowserPage> OpenAsync() => _chromium!.OpenAsync();

    public async Task InitializeAsync() => _chromium = Chromium.Missing is null ? await Chromium.StartAsync() : null;

    public async Task DisposeAsync()
    {
        if (_chromium is not null)
            await _chromium.DisposeAsync();
    }
}
