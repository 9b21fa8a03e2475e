"""Pages opened as a reader opens them, by tests that let no trouble pass."""

from contextlib import contextmanager


@contextmanager
def reading(browser, address, size=(1200, 900), patience=30_000):
    """Yield a page of a browser, whose `open` takes names below an address.

    Any error, failed request or request elsewhere is a trouble, and fails in the end.
    """
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.set_default_timeout(patience)
    troubles = []

    def note_failure(request):
        if request.failure != "net::ERR_ABORTED":  # the next page was opened in between
            troubles.append(f"failed: {request.url}")

    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    page.on("requestfailed", note_failure)

    def guard(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            troubles.append(f"asked elsewhere: {route.request.url}")
            route.abort()

    context.route("**/*", guard)
    page.open = lambda name: page.goto(f"{address}/{name}", wait_until="load")
    yield page
    context.close()
    assert not troubles, "\n".join(troubles)
