"""How heavy the pages of the built book are, and how soon their text and first figure are there.

It looks at book/_build/html, which `make book` builds; its pages are served compressed. Each page
is opened with nothing in the cache: on a fast network with a processor four times slower, and on
the slow 4G of Lighthouse (1.6 Mbit/s, 150 ms there and back) with the same processor.
"""

import functools
import gzip
from pathlib import Path

from benchmarks import Row
from course_lib.authoring.browser import chromium
from course_lib.authoring.serving import Quiet, serving
from course_lib.authoring.weighing import weight

SITE = Path(__file__).resolve().parents[1] / "book" / "_build" / "html"
SLOWDOWN = 4
SLOW_4G = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
TEXT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
# A figure is there when it has been drawn, the frame that shows it has been made, and the browser
# has come to what waits behind that frame, as a press of a key or a finger would.
ANSWERING = """
const seen = new MutationObserver(() => {
  if (!document.querySelector(".course-live.drawn")) return;
  seen.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.firstFigure = performance.now(); }));
});
seen.observe(document, { subtree: true, attributes: true, attributeFilter: ["class"] });
"""
NOTE = "to reach: 300 kB; figure 1.5 s; on slow 4G text 3 s, figure 6 s"


def rows(site=SITE, stems=None):
    """Yield a row for each page of a chapter."""
    pages = sorted((site / "chapters").glob("*.html"))
    if not pages:
        yield Row("pages of the book", "none", note="make book builds them")
    with serving(site, Compressing) as address, chromium() as browser:
        for page in pages:
            if stems and page.stem not in stems:
                continue
            sizes = weight(site, page)
            seen = f"{sizes['page']:.0f} kB + pictures {sizes['pictures']:.0f} kB"
            times = ""
            if browser:
                times = ", ".join(
                    f"{kind}: text {text:.1f} s, figure {figure:.1f} s"
                    for kind, (text, figure) in (
                        ("fast", opened(browser, f"{address}/chapters/{page.name}", None)),
                        ("slow 4G", opened(browser, f"{address}/chapters/{page.name}", SLOW_4G)),
                    )
                )
            yield Row(page.stem, seen, note=f"{times}  ({NOTE})")


def opened(browser, address, network):
    """Open a page afresh; return the seconds until its text and its first figure are there."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    if network:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", {"offline": False, **network})
    page.add_init_script(ANSWERING)
    page.goto(address, wait_until="commit")
    first = page.locator(".course-live").first
    first.wait_for(state="attached", timeout=120_000)
    first.evaluate("place => place.scrollIntoView({ block: 'center' })")
    page.wait_for_function("window.firstFigure", timeout=120_000)
    times = page.evaluate(f"[{TEXT}, window.firstFigure]")
    context.close()
    return [time / 1000 for time in times]


class Compressing(Quiet):
    """Serves files compressed, as sites on the web are."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Answer with a file."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@functools.cache
def compressed(path):
    """Return the content of a file, compressed once."""
    return gzip.compress(path.read_bytes())
