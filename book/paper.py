"""Print the built book as one PDF: ``python book/paper.py book/_build/html book/_build/book.pdf``.

Chromium prints each page in its order, with the still of each live figure; then they are joined:
bookmarks of chapters and sections, page numbers that run on, links from page to page, and the tags
of headings, lists and tables for screen readers.
"""

import html
import io
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, FloatObject, NameObject, TextStringObject
from tags import Tags

from course_lib import __version__
from course_lib.authoring.browser import FLAGS, find_chromium
from course_lib.authoring.serving import serving

TITLE = "Self-attention as a directed graph"
NEXT = re.compile(r'<link rel="next" title="[^"]*" href="([^"]+)"')
NUMBERED = """
@page {{
  size: A4; margin: 18mm 18mm 20mm;
  @bottom-center {{ content: counter(page); font-size: 9pt; }}
}}
html {{ counter-reset: page {before}; }}
"""
TITLE_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: A4; margin: 30mm; }} body {{ font: 14pt/1.5 sans-serif; }}
h1 {{ font-size: 34pt; line-height: 1.2; margin-top: 60mm; }}</style>
<h1>{title}</h1><p>A course in Jupyter notebooks over one small, tested library</p>
<p>Version {version}. The course's authors. Text CC BY 4.0, code MIT.</p>
<p>Live figures stand still on paper. Hints, solutions and the answers to the questions are folded
away: they are in the book on the screen.</p></html>"""
READY = """async () => {
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
  await document.fonts.ready;
  document.getElementById("jb-print-toc")?.remove(); // the bookmarks are better
  return Array.from(document.querySelectorAll("h1, h2, h3, h4, h5, h6"), (h) => h.textContent);
}"""


def pages_in_order(site, first="index.html"):
    """Yield the pages of a built book, as their `rel="next"` links lead from one to the next."""
    site, seen = Path(site), set()
    page = first
    while page not in seen:
        seen.add(page)
        yield page
        found = NEXT.search((site / page).read_text(encoding="utf-8"))
        if found:
            page = urljoin(page, html.unescape(found[1]))


def print_book(site, target, pages=None):
    """Print pages of a built book, or all, into one PDF; return how many sheets each took."""
    pages = list(pages or pages_in_order(site))
    with serving(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        context = browser.new_context(color_scheme="light", device_scale_factor=2)
        context.route("**/figures.js*", lambda route: route.fulfill(body=""))  # stills stay
        writer, starts, links = PdfWriter(), {}, []
        tags = Tags(writer, "en")
        opening = context.new_page()
        opening.set_content(TITLE_PAGE.format(title=TITLE, version=__version__))
        title = PdfReader(io.BytesIO(opening.pdf(prefer_css_page_size=True, tagged=True)))
        writer.append(title)
        tags.add(title, 0)
        for page in pages:
            starts[f"{address}/{page}"] = before = len(writer.pages)
            printed = _printed(opening, f"{address}/{page}", before)
            writer.append(printed, import_outline=True)
            tags.add(printed, before)
            links.append((before, printed))
        browser.close()
    for before, printed in links:
        _join_links(writer, starts, before, printed)
    tags.finish()
    writer.compress_identical_objects()
    writer.add_metadata({"/Title": TITLE, "/Author": "The course's authors"})
    writer.page_mode = "/UseOutlines"
    writer.write(target)
    ends = [*list(starts.values())[1:], len(writer.pages)]
    return dict(
        zip(pages, (b - a for a, b in zip(starts.values(), ends, strict=True)), strict=True)
    )


def _printed(page, address, before):
    page.goto(address, wait_until="load")
    page.emulate_media(media="print", color_scheme="light")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    page.add_style_tag(content=NUMBERED.format(before=before))
    headings = page.evaluate(READY)
    options = {"print_background": True, "outline": True, "tagged": True}
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, **options)))
    titles = {re.sub(r"\s", "", text).rstrip("#"): text.rstrip("#\n ") for text in headings}
    _name_bookmarks(printed.root_object.get("/Outlines"), titles)
    return printed


def _name_bookmarks(parent, titles):
    """Give bookmarks the words of their headings: Chromium loses blanks, or says a word twice."""
    child = parent and parent.get_object().get("/First")
    while child:
        child = child.get_object()
        bare = re.sub(r"\s", "", child["/Title"])
        bare = bare[: len(bare) // 2] if bare[: len(bare) // 2] * 2 == bare else bare
        name = " ".join(titles.get(bare, child["/Title"]).split())
        child[NameObject("/Title")] = TextStringObject(name)
        _name_bookmarks(child, titles)
        child = child.get("/Next")


def _join_links(writer, starts, before, printed):
    """Let links to pages of the book lead to their sheets; those to pages left out lead nowhere."""
    host = next(iter(starts)).rpartition("/")[0].split("/")[2]
    names = {name.lstrip("/"): place for name, place in printed.named_destinations.items()}
    for number in range(len(printed.pages)):
        for annotation in writer.pages[before + number].get("/Annots") or ():
            link = annotation.get_object()
            action = link.get("/A", {})
            address = urldefrag(str(action.get("/URI", "")))[0]
            name = link.get("/Dest", action.get("/D"))
            if isinstance(name, str) and name.lstrip("/") in names:
                found = names[name.lstrip("/")]
                sheet = before + printed.get_destination_page_number(found)
                _lead(link, writer.pages[sheet], found.top)
            elif unquote(address) in starts:
                _lead(link, writer.pages[starts[unquote(address)]])
            elif f"//{host}/" in address:
                link.pop("/A")


def _lead(link, sheet, top=None):
    place = [NameObject("/Fit")]
    if top is not None:
        place = [NameObject("/XYZ"), FloatObject(0), FloatObject(top), FloatObject(0)]
    link[NameObject("/Dest")] = ArrayObject([sheet.indirect_reference, *place])
    link.pop("/A", None)


if __name__ == "__main__":
    sheets = print_book(*sys.argv[1:3])
    size = Path(sys.argv[2]).stat().st_size / 1e6
    print(f"{sys.argv[2]}: {sum(sheets.values()) + 1} sheets, {size:.1f} MB")
