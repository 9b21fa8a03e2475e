"""What a page of the book must keep to; each check returns what it found wrong."""

import importlib
import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """What a page links to, fetches and names, read from its HTML."""

    def __init__(self, html):
        super().__init__()
        self.links, self.fetched, self.anchors, self.texts = [], [], {""}, []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.update(filter(None, (attributes.get("id"), attributes.get("name"))))
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag in FETCHED and attributes.get(FETCHED[tag]):
            self.fetched.append(attributes[FETCHED[tag]])
        if tag == "link" and attributes.get("rel") in (
            "stylesheet",
            "preload",
            "icon",
            "modulepreload",
        ):
            self.fetched.append(attributes["href"])
        if tag == "img":
            self.texts.append((attributes.get("src", "")[:60], attributes.get("alt")))


parsed = cache(Page)  # by its text: several tests look at the same pages


def page_at(path):
    """Return what is in the file of a page."""
    return parsed(Path(path).read_text(encoding="utf-8"))


def pages_of(site):
    """Return the pages of a built site."""
    return sorted(path for path in Path(site).rglob("*.html") if "_static" not in path.parts)


def broken_links(site):
    """Return links to files or anchors that the site does not have."""
    pages = {path.resolve(): page_at(path) for path in pages_of(site)}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = target in pages
            if not target.exists() or (
                known and unquote(parts.fragment) not in pages[target].anchors
            ):
                broken.append(f"{path.name}: {link}")
    return broken


def fetched_from_elsewhere(site):
    """Return what pages or style sheets would fetch from another host."""
    found = [
        f"{path.name}: {address}"
        for path in pages_of(site)
        for address in page_at(path).fetched
        if urlsplit(address).netloc
    ]
    for path in Path(site).rglob("*.css"):
        sheet = path.read_text(encoding="utf-8")
        found += [
            f"{path.name}: {address}"
            for address in re.findall(
                r"(?:url\(|@import\s+)['\"]?((?:https?:)?//[^'\")\s]+)", sheet
            )
        ]
    return found


def pictures_without_text(site):
    """Return pictures that do not say what is on them."""
    return [
        f"{path.name}: {source}"
        for path in pages_of(site)
        for source, text in page_at(path).texts
        if len(text or "") < 20  # a name is not yet a text alternative
    ]


def module_of_book(path):
    """Return a module of the book's tools or extensions, which are no package: "_ext/quiz"."""
    folder, _, name = path.rpartition("/")
    place = str(ROOT / "book" / folder)
    sys.path.insert(0, place)  # it imports its neighbours by their names
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(place)
