"""The map of the chapters: a graph whose edges are what each chapter needs, as SVG.

It is laid out here, from the chapters' front matter: a chapter stands in the row below the last one
that it needs, and map_rows.py puts the rows into the order in which few lines cross.
"""

from html import escape
from itertools import pairwise
from textwrap import wrap

import networkx as nx
from docutils import nodes
from map_rows import columns, rows_of, way_of
from sphinx.util.docutils import SphinxDirective

from course_lib.authoring.facts import capital
from course_lib.chapters import CHAPTERS, chapter_name, chapter_stem
from course_lib.chapters.reading import front_matter

WIDTH, HEIGHT = 82, 54  # of a box, in the pixels of a phone
ACROSS, DOWN = 92, 92  # from box to box
PORT = 0.16  # between lines that meet at a box, in columns


def needs_graph():
    """Return the graph of the chapters' numbers; an edge leads to a chapter that needs its tail."""
    graph = nx.DiGraph()
    graph.add_nodes_from(CHAPTERS)
    numbers = {name: number for number, name in CHAPTERS.items()}
    for number in CHAPTERS:
        for name in front_matter(number)["needs"]:
            graph.add_edge(numbers[chapter_name(name)], number)
    return graph


def chapter_map(graph, link):
    """Return the map as HTML: an SVG whose boxes are links, and what it says in words.

    Parameters
    ----------
    graph : networkx.DiGraph
        As `needs_graph` returns it.
    link : callable
        The address of a chapter, by number.
    """
    drawn = nx.transitive_reduction(graph)  # what follows from other arrows is not drawn
    rows = rows_of(drawn)
    column = columns(rows)
    place = {entry: (x, row) for (row, entry), x in column.items() if entry in graph}
    wide = max(abs(x) for x, _ in place.values()) * 2 * ACROSS + WIDTH + 8
    high = (len(rows) - 1) * DOWN + HEIGHT + 8
    lines = "".join(_lines(drawn, rows, column))
    boxes = "".join(_box(graph, number, place[number], link(number)) for number in sorted(graph))
    lit = "".join(_lit(graph, number) for number in sorted(graph))
    return (
        f'<nav class="chapter-map" aria-label="Map of the chapters"><style>{lit}</style>'
        f'<svg viewBox="{-wide / 2:g} -4 {wide:g} {high}" style="--width: {wide:g}px">'
        '<defs><marker id="map-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
        f'<g class="lines" aria-hidden="true">{lines}</g>{boxes}</svg></nav>'
    )


def _lines(graph, rows, column):
    """Return a path for each edge; those that meet at a box end side by side."""
    ways = {edge: way_of(edge, rows) for edge in graph.edges}
    ends = _ends(ways, column, 0, 1), _ends(ways, column, -1, -2)
    return [_line(way, column, (ends[0][edge], ends[1][edge])) for edge, way in ways.items()]


def _ends(ways, column, end, beside):
    """Return how far from the middle of its box each line ends, in columns."""
    aside = {}
    for box in {way[end] for way in ways.values()}:
        met = sorted(
            (edge for edge, way in ways.items() if way[end] == box),
            key=lambda edge: column[ways[edge][beside]],
        )
        aside |= {edge: PORT * (k - (len(met) - 1) / 2) for k, edge in enumerate(met)}
    return aside


def _line(way, column, aside):
    """Return the path from a box to one below; between boxes of the rows that it passes."""
    (top, tail), *between, (bottom, head) = way
    points = [(column[top, tail] + aside[0], top * DOWN + HEIGHT)]
    for row, entry in between:
        points += [
            (column[row, entry], row * DOWN - 4),
            (column[row, entry], row * DOWN + HEIGHT + 4),
        ]
    points.append((column[bottom, head] + aside[1], bottom * DOWN - 1))
    points = [(x * ACROSS, y) for x, y in points]
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (y + to_y) / 2
        path += f"C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}"
    return f'<path class="from-{tail} to-{head}" d="{path}" marker-end="url(#map-arrow)"/>'


def _box(graph, number, place, address):
    column, row = place
    said = front_matter(number)
    needed = sorted(graph.predecessors(number))
    needs = f"needs {', '.join(map(_plain, needed))}" if needed else "needs no other"
    name = f"Chapter {_plain(number)}, {said['title']}; {needs}. {capital(said['question'])}"
    x, y = column * ACROSS, row * DOWN
    lines = wrap(said["title"], 12, break_long_words=False)
    first = y + 36 - 6 * (len(lines) - 1)
    words = "".join(
        f'<text x="{x:g}" y="{first + 13 * k:g}">{escape(line)}</text>'
        for k, line in enumerate(lines)
    )
    return (
        f'<a id="map-{number}" href="{escape(address)}"><title>{escape(name)}</title>'
        f'<rect x="{x - WIDTH / 2:g}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text class="number" x="{x:g}" y="{y + 15:g}">{_plain(number)}</text>{words}</a>'
    )


def _lit(graph, number):
    """Return the rules that light up what a chapter needs, and the way, while one points at it."""
    needed = sorted(nx.ancestors(graph, number) | {number})
    pointed = f".chapter-map:has(#map-{number}:is(:hover, :focus-visible))"
    boxes, lines = (", ".join(kind + other for other in needed) for kind in ("#map-", ".to-"))
    return f"{pointed} :is({boxes}, {lines}) {{ --lit: var(--pst-color-primary); }}\n"


def _plain(number):
    return str(int(number))


class ChapterMap(SphinxDirective):
    """``chapter-map``: the map, with links from the page that it stands on."""

    def run(self):
        """Leave a place that is filled in when addresses are known."""
        self.env.note_reread()  # what it shows stands in other files
        return [map_here()]


class map_here(nodes.General, nodes.Element):
    """Where the map goes."""


def _draw(self, node):
    graph, page = needs_graph(), self.builder.current_docname

    def link(number):
        return self.builder.get_relative_uri(page, f"chapters/{chapter_stem(number)}")

    self.body.append(chapter_map(graph, link))
    raise nodes.SkipNode


def _leave_out(self, node):
    raise nodes.SkipNode


def setup(app):
    """Add the directive; other formats than HTML leave the map out."""
    app.add_node(map_here, html=(_draw, None), text=(_leave_out, None), latex=(_leave_out, None))
    app.add_directive("chapter-map", ChapterMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
