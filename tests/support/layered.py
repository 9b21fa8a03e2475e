"""What a layered graph on a page draws: its edges, read back from the outlines of its lines."""

import re

from tests.support.pages import read

LINE = re.compile(r"M([\d.]+) ([\d.]+)C[\d.]+ [\d.]+ [\d.]+ [\d.]+ ([\d.]+) ([\d.]+)")

# What stands in the document: the rows of nodes by their height, and the lines of each kind.
READ = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const lines = (kind) => all(`.layered .strokes.${kind} path`).map((path) => [
    +path.getAttribute("stroke-width"), path.getAttribute("d"),
  ]);
  const rows = all(".layered .row").map((row) => [
    row.getAttribute("transform").match(/[\\d.]+(?=\\))/)[0],
    [...row.querySelectorAll(".dot")].map((dot) => (+dot.getAttribute("cx")).toFixed(1)),
  ]);
  return { rows, weights: lines("weights"), carried: lines("carried"), cut: lines("cut") };
}"""


def drawn(page, kind):
    """Return {(layer, from, to): width} of the lines of one kind; raise where one hits no node."""
    return edges_in(read(page, READ), kind)


def edges_in(drawing, kind):
    """Return the same from what `READ` gave."""
    layer = {y: p for p, (y, _) in enumerate(drawing["rows"])}
    position = {x: i for i, x in enumerate(drawing["rows"][0][1])}
    edges = {}
    for width, outline in drawing[kind]:
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
