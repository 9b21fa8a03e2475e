"""Static figures as files of their own: few colours, fetched when they come near.

A notebook holds a figure as a PNG inside its text, with twice as many pixels as are shown. In the
book it becomes a WebP file of 128 colours, chosen so that the worst of all pixels is off by little.
A figure that stays large all the same has no plain areas: of it, half the pixels and the
compression of photographs must do.
"""

import base64
import hashlib
import io
import re
from pathlib import Path

from docutils import nodes
from PIL import Image

COLOURS = 128
LARGEST = 80_000  # bytes of a file
# On a phone of 390 pixels, what is wider than this would have letters of less than 8 pixels. It is
# shown at this share of its width, where most letters have 10, and scrolls; the rest is seen whole.
WIDE, LEAST = 620, 0.75
INLINE = re.compile(r'width="(\d+)" style="[^"]*" src="data:image/png;base64,([^"]+)"')


def as_files(html, folder, address):
    """Return HTML whose PNGs are files in a folder, which is found at an address."""

    def filed(match):
        png = base64.b64decode(match[2])
        name = f"{hashlib.sha256(png).hexdigest()[:16]}.webp"
        with Image.open(io.BytesIO(png)) as picture:
            height = picture.height // 2
            if not (folder / name).exists():
                (folder / name).write_bytes(compressed(picture.convert("RGB")))
        size = f'width="{match[1]}" height="{height}"'
        if int(match[1]) > WIDE:
            size += f' style="--least: {LEAST * int(match[1]):.0f}px"'
        return f'{size} loading="lazy" decoding="async" src="{address}/{name}"'

    return INLINE.sub(filed, html)


def compressed(picture):
    """Return a picture as WebP."""
    few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.convert("RGB").save(file, "WEBP", lossless=True, method=2)  # with more, no smaller
    if file.tell() > LARGEST:
        file = io.BytesIO()
        picture.reduce(2).save(file, "WEBP", quality=30, method=6)
    return file.getvalue()


def take_out(app, doctree, docname):
    """Write the figures of a page."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_images")
    folder.mkdir(parents=True, exist_ok=True)
    images = "../" * docname.count("/") + "_images"
    for raw in doctree.findall(nodes.raw):
        if raw.get("format") == "html" and "data:image/png" in raw.astext():
            html = as_files(raw.astext(), folder, images)
            raw.replace_self(nodes.raw("", html, format="html"))


def setup(app):
    """Do so before a page is written."""
    app.connect("doctree-resolved", take_out)
    return {"parallel_read_safe": True}
