"""What search engines, feed readers and people who share a link get to see of the book.

Each page describes itself. What needs the book's own address is made when there is one
(``html_baseurl``, from the variable BOOK_URL): cards with an image, a map of the site, a feed of
changes. And a page that is not there is told by one whose links work from any depth.
"""

import re
from datetime import date
from html import escape, unescape
from pathlib import Path
from textwrap import shorten
from urllib.parse import urlsplit
from xml.etree import ElementTree

from docutils import nodes
from markdown_it import MarkdownIt
from social_cards import SIZE, draw_card

from course_lib.authoring.facts import capital
from course_lib.authoring.source import ROOT, stems
from course_lib.chapters.reading import front_matter

LOST = "404"
LONGEST = 200  # characters of a description
VERSION = re.compile(
    r"^## (?P<version>[\d.]+) \((?P<date>[\d-]+)\)\n(?P<text>(?s:.*?))(?=^## |\Z)", re.M
)
ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def question(pagename):
    """Return the question that a chapter's page answers; None for other pages."""
    folder, _, stem = pagename.rpartition("/")
    known = folder == "chapters" and stem in stems()
    return capital(front_matter(stem)["question"]) if known else None


def description(pagename, doctree):
    """Return a page's description: a chapter's question, or the first paragraph of some length."""
    if asked := question(pagename):
        return asked
    found = doctree.findall(nodes.paragraph) if doctree else ()
    texts = (re.sub("<!--.*?-->", "", node.astext()) for node in found)
    return next((shorten(text, LONGEST, placeholder=" …") for text in texts if len(text) > 40), "")


def _head(app, pagename, templatename, context, doctree):
    if pagename == LOST:
        # Whatever address was asked for, links are read as seen from the book's first page.
        root = urlsplit(app.config.html_baseurl).path or "/"
        context["metatags"] = f'<base href="{escape(root)}">{context.get("metatags") or ""}'
        context["pageurl"] = None
        return
    title = unescape(re.sub("<[^>]+>", "", context.get("title", "")))
    told = description(pagename, doctree)
    tags = {
        "description": told,
        "og:title": title,
        "og:description": told,
        "og:type": "website" if pagename == app.config.root_doc else "article",
        "og:site_name": app.config.project,
        "twitter:card": "summary",
    }
    base = app.config.html_baseurl
    if base:
        tags |= {
            "og:url": context["pageurl"],
            "og:image": f"{base}_static/cards/{_card(pagename)}.png",
            "og:image:alt": f"“{title}”, beside the attention graph of a sentence",
            "og:image:width": SIZE[0],
            "og:image:height": SIZE[1],
            "twitter:card": "summary_large_image",
        }
    lines = [
        f'<meta {"property" if name.startswith("og:") else "name"}="{name}" '
        f'content="{escape(str(content))}">'
        for name, content in tags.items()
        if content
    ]
    if base:
        feed = f'type="application/atom+xml" title="{escape(app.config.project)}: changes"'
        lines.append(f'<link rel="alternate" {feed} href="{escape(base)}feed.xml">')
    context["metatags"] = "\n".join([context.get("metatags") or "", *lines])


def _neighbours(app, pagename, templatename, context, doctree):
    """Let the links to the pages before and after say which question these answer."""
    _, before, after = app.builder.relations.get(pagename, (None, None, None))
    context["prev_question"], context["next_question"] = (
        question(page) if page else None for page in (before, after)
    )


def _card(pagename):
    return pagename.rpartition("/")[2] if question(pagename) else "book"


def _stay(app, exception):
    """Let links within the page that is not there lead to it: its base makes them leave."""
    page = Path(app.outdir) / f"{LOST}.html"
    if not exception and app.builder.format == "html" and page.exists():
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace('href="#', f'href="{page.name}#'), encoding="utf-8")


def _publish(app, exception):
    base, out = app.config.html_baseurl, Path(app.outdir)
    if exception or not base or app.builder.format != "html":
        return
    pages = sorted(app.env.found_docs - {LOST})
    (out / "sitemap.xml").write_bytes(sitemap(base + app.builder.get_target_uri(p) for p in pages))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (out / "feed.xml").write_bytes(feed(changelog, base, app.config.project, app.config.author))
    cards = out / "_static" / "cards"
    cards.mkdir(parents=True, exist_ok=True)
    draw_card(app.config.project, "A course with live figures and exercises", cards / "book.png")
    for page in pages:
        if asked := question(page):
            title = app.env.titles[page].astext()
            draw_card(title, asked, cards / f"{_card(page)}.png")


def sitemap(addresses):
    """Return the map of a site, as XML."""
    root = ElementTree.Element("urlset", xmlns=SITEMAP)
    for address in addresses:
        ElementTree.SubElement(ElementTree.SubElement(root, "url"), "loc").text = address
    return ElementTree.tostring(root, "utf-8", xml_declaration=True)


def feed(changelog, base, title, author):
    """Return an Atom feed (RFC 4287) of the released versions of a changelog."""
    entries = list(VERSION.finditer(changelog))
    root = ElementTree.Element("feed", xmlns=ATOM)

    def add(parent, name, text=None, **attributes):
        element = ElementTree.SubElement(parent, name, attributes)
        element.text = text
        return element

    def opening(parent, name, address, day):
        add(parent, "title", name)
        add(parent, "id", address)
        add(parent, "updated", f"{date.fromisoformat(day)}T00:00:00Z")

    opening(root, title, base, max(entry["date"] for entry in entries))
    add(add(root, "author"), "name", author)
    add(root, "link", rel="self", href=f"{base}feed.xml")
    add(root, "link", href=base)
    for found in entries:
        version, entry = found["version"], add(root, "entry")
        opening(entry, f"Version {version}", f"{base}changes.html#v{version}", found["date"])
        add(entry, "link", href=f"{base}changes.html")
        add(entry, "content", MarkdownIt().render(found["text"]), type="html")
    return ElementTree.tostring(root, "utf-8", xml_declaration=True)


def setup(app):
    """Describe pages when they are written; publish what the whole book needs at the end."""
    app.connect("html-page-context", _head)
    app.connect("html-page-context", _neighbours)
    app.connect("build-finished", _stay)
    app.connect("build-finished", _publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
