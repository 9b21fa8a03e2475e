"""One page that many tests look at, one after the other, each as if it were new.

What costs is a page's process: to start one takes longer than to load a figure and to use it.
"""

import json
from contextlib import contextmanager, suppress

from playwright.sync_api import Error

# Clears what a page has stored; a file and an empty page have no place for it.
FORGET = """() => {
  if (location.protocol === "http:") {
    localStorage.clear();
    sessionStorage.clear();
  }
  return true;
}"""
PATIENCE = 10_000  # milliseconds
AS_SHIPPED = {
    "media": "null",
    "color_scheme": "light",
    "reduced_motion": "null",
    "forced_colors": "null",
}


class Desk:
    """A context of a browser with the page that tests are lent.

    Parameters
    ----------
    browser : playwright Browser
    width, height : int
        The size with which each test begins.
    **options
        Of the context, such as ``offline=True``.
    """

    def __init__(self, browser, width, height, **options):
        self.size = {"width": width, "height": height}
        self.context = browser.new_context(viewport=self.size, **options)

    @contextmanager
    def lend(self, patience, **noted):
        """Yield the page for a test, which waits `patience` milliseconds for what it wants.

        `noted` has functions that are told of the page's events, by their names. Afterwards the
        page is left empty; one that cannot be, as it hangs, is closed, and so are all others.
        """
        page = next(iter(self.context.pages), None) or self.context.new_page()
        page.set_default_timeout(patience)
        page.set_viewport_size(self.size)
        page.emulate_media(**AS_SHIPPED)
        for event, note in noted.items():
            page.on(event, note)
        yield page
        for other in self.context.pages[1:]:
            other.close()
        try:
            self._clear(page)
        except Error:
            with suppress(Error):
                page.close()
        for event, note in noted.items():
            page.remove_listener(event, note)

    def _clear(self, page):
        page.wait_for_function(FORGET, timeout=PATIENCE)  # `evaluate` would wait for ever
        self.context.clear_cookies()
        page.mouse.move(0, 0)  # nothing of the next page lies there
        page.goto("about:blank")

    def close(self):
        """Close all pages."""
        self.context.close()


# What JSON has no number for stays visible, as a text.
AS_JSON = """(given) => JSON.stringify((FUNCTION)(given), (name, value) =>
  (typeof value === "number" && !Number.isFinite(value) ? String(value) : value))"""


def read(page, function, given=None):
    """Return what a JavaScript function gives on a page, as JSON.

    `page.evaluate` does the same and looks into each number on its way through three processes,
    which takes ten times as long where there are thousands.
    """
    return json.loads(page.evaluate(AS_JSON.replace("FUNCTION", function), given))
