"""Pages opened as a reader opens them, by tests that let no trouble pass."""

from contextlib import contextmanager


@contextmanager
def reading(desk, address, patience=30_000):
    """Yield the page of a desk, whose `open` takes names below an address.

    Any error, failed request or request elsewhere is a trouble, and fails in the end.
    """
    troubles = []

    def note_failure(request):
        if request.failure != "net::ERR_ABORTED":  # the next page was opened in between
            troubles.append(f"failed: {request.url}")

    def note_error(error):
        troubles.append(f"page error: {error}")

    def note_line(said):
        if said.type == "error":
            troubles.append(said.text)

    def note_request(request):
        if not request.url.startswith((address, "data:", "blob:", "about:")):
            troubles.append(f"asked elsewhere: {request.url}")

    noted = {"pageerror": note_error, "console": note_line}
    noted |= {"requestfailed": note_failure, "request": note_request}
    with desk.lend(patience, **noted) as page:
        page.open = lambda name: page.goto(f"{address}/{name}", wait_until="load")
        yield page
    assert not troubles, "\n".join(troubles)
