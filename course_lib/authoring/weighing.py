"""How much a page of the built book sends."""

import gzip
import re


def weight(site, page):
    """Return the kB of a page: its own HTML and data compressed, and its static pictures.

    The data are what its figures are made of, the recorded weights and the figures' code. Not
    counted is what all pages share: styles, fonts, the theme's scripts.
    """
    text = page.read_text(encoding="utf-8")
    listed = re.search(r'data-files="([^"]*)"', text)
    names = [name.split("?")[0] for name in listed[1].split()] if listed else []
    own = [page, *(site / "_static" / "figures" / name for name in names)]
    pictures = {page.parent / name for name in re.findall(r' src="([^":]+_images/[^"]+)"', text)}
    return {
        "page": sum(len(gzip.compress(path.read_bytes())) for path in own) / 1000,
        "pictures": sum(path.stat().st_size for path in pictures) / 1000,
    }
