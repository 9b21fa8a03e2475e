"""What a layered graph on a page draws: its edges, read back from the outlines of its lines."""

import re

LINE = re.compile(r"M([\d.]+) ([\d.]+)C[\d.]+ [\d.]+ [\d.]+ [\d.]+ ([\d.]+) ([\d.]+)")

ROWS = """rows => rows.map((row) => [
  row.getAttribute("transform").match(/[\\d.]+(?=\\))/)[0],
  [...row.querySelectorAll(".dot")].map((dot) => (+dot.getAttribute("cx")).toFixed(1)),
])"""
PATHS = """paths => paths.map((path) => [
  +path.getAttribute("stroke-width"), path.getAttribute("d"),
])"""


def drawn(page, kind):
    """Return {(layer, from, to): width} of the lines of one kind; raise where one hits no node."""
    rows = page.locator(".layered .row").evaluate_all(ROWS)
    layer = {y: p for p, (y, _) in enumerate(rows)}
    position = {x: i for i, x in enumerate(rows[0][1])}
    edges = {}
    for width, outline in page.locator(f".layered .strokes.{kind} path").evaluate_all(PATHS):
        lines = LINE.findall(outline)
        assert len(lines) == outline.count("M")
        for x, y, to_x, to_y in lines:
            assert layer[y] == layer[to_y] + 1
            edge = layer[to_y], position[x], position[to_x]
            assert edge not in edges
            edges[edge] = width
    return edges


def set_traits(page, **traits):
    """Change traits of the view on the page."""
    page.evaluate("t => { for (const name in t) model.set(name, t[name]) }", traits)
