"""One browser, and its desk without network, for test modules that follow one another.

To start it, and the program that drives it, takes as long as all tests of a small module.
"""

from contextlib import ExitStack, contextmanager

# What a page asks of another host fails at once.
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class SharedBrowser:
    """A browser that is started when a module asks for it, and stays until it is closed.

    Attributes
    ----------
    modules : int
        How many modules have it now.
    """

    def __init__(self):
        self.modules = 0
        self._open = ExitStack()
        self._browser = self._desk = None

    @contextmanager
    def lend(self):
        """Yield a headless Chromium, or None where there is none."""
        from course_lib.authoring.browser import chromium  # loads much that few processes need

        if self._browser is not None and not self._browser.is_connected():
            self.close()  # it crashed
        if self._browser is None:
            self._browser = self._open.enter_context(chromium(NO_NETWORK))
        self.modules += 1
        try:
            yield self._browser
        finally:
            self.modules -= 1

    def offline(self):
        """Return the desk whose page has no network, not even to this machine."""
        from tests.support.pages import Desk

        if self._desk is None:
            self._desk = Desk(self._browser, 1000, 900, offline=True)
        return self._desk

    def close(self):
        """Close what is open; the module that asks next gets a new one."""
        self._browser = self._desk = None
        self._open.pop_all().close()
