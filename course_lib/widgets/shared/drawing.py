"""SVG as text: what the stills of figures are drawn with, as their live views with drawing.js."""

import html
from typing import NamedTuple

from course_lib.theme import light

# A still is a light card, whatever ground it stands on.
FIRST, SECOND, TEXT, PAPER = map(light, ("first", "second", "own-text", "own-paper"))
QUIET, LINE = "#506070", "#c9d0d6"
SIZE = 12  # of text, in pixels


class Part(NamedTuple):
    """A part of a drawing: its size in pixels, and the markup of what is in it."""

    width: float
    height: float
    markup: str


def tag(name, *inside, **attributes):
    """Return an element; ``stroke_width`` is the attribute ``stroke-width``."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    content = "".join(inside)
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def text(x, y, words, **attributes):
    """Return words at a place; `anchor` is "start", "middle" or "end"."""
    anchor = attributes.pop("anchor", None)
    if anchor != "start":
        attributes["text_anchor"] = anchor
    return tag("text", html.escape(str(words), quote=False), x=x, y=y, **attributes)


def path(*steps, **attributes):
    """Return a path: letters and numbers, such as ``"M", 0, 0, "L", 1, 1``."""
    told = ""
    for step in steps:
        written = step if isinstance(step, str) else number(step)
        told += " " + written if told and told[-1].isdigit() and written[0].isdigit() else written
    return tag("path", d=told, **attributes)


def number(value):
    """Write a number of pixels in one decimal, which is enough, without an idle zero."""
    told = f"{value:.1f}".removesuffix(".0")
    return "0" if told == "-0" else told


def beside(*parts, gap=24):
    """Put parts side by side."""
    markup, x = [], 0
    for part in parts:
        markup.append(_moved(part, x, 0))
        x += part.width + gap
    return Part(x - gap, max(part.height for part in parts), "".join(markup))


def below(*parts, gap=14):
    """Put parts below one another."""
    markup, y = [], 0
    for part in parts:
        markup.append(_moved(part, 0, y))
        y += part.height + gap
    return Part(max(part.width for part in parts), y - gap, "".join(markup))


def titled(words, part):
    """Put a line of words above a part."""
    line = text(0, SIZE, words, font_weight="bold")
    return below(Part(part.width, SIZE + 4, line), part, gap=6)


def card(part, sentence, *, margin=14):
    """Return a drawing as an SVG file on paper of its own, so that it is read in the dark, too."""
    width, height = part.width + 2 * margin, part.height + 2 * margin
    return tag(
        "svg",
        tag("title", html.escape(sentence, quote=False)),
        tag("rect", width=width, height=height, rx=6, fill=PAPER),
        _moved(part, margin, margin),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
        font_family="system-ui,sans-serif",
        font_size=SIZE,
        fill=TEXT,
    )


def _moved(part, x, y):
    if not x and not y:
        return part.markup
    return tag("g", part.markup, transform=f"translate({number(x)} {number(y)})")


def _value(value):
    return html.escape(value) if isinstance(value, str) else number(value)
