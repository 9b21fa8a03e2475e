"""The map of the chapters: a graph whose edges are what each chapter needs, as SVG.

It is laid out here, from the chapters' front matter: a chapter stands in the row below the last one
that it needs, and rows are put into the order that makes the lines short.
"""

from html import escape
from itertools import pairwise, permutations
from textwrap import wrap

import networkx as nx
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from course_lib.authoring.facts import capital
from course_lib.chapters import CHAPTERS, chapter_name, chapter_stem
from course_lib.chapters.reading import front_matter

WIDTH, HEIGHT = 82, 54  # of a box, in the pixels of a phone
ACROSS, DOWN = 92, 92  # from box to box
SWEEPS = 4


def needs_graph():
    """Return the graph of the chapters' numbers; an edge leads to a chapter that needs its tail."""
    graph = nx.DiGraph()
    graph.add_nodes_from(CHAPTERS)
    numbers = {name: number for number, name in CHAPTERS.items()}
    for number in CHAPTERS:
        for name in front_matter(number)["needs"]:
            graph.add_edge(numbers[chapter_name(name)], number)
    return graph


def places(graph):
    """Return the column and the row of each node; columns are centred, so halves occur."""
    rows = [list(row) for row in nx.topological_generations(graph)]
    column = {}

    def put(row):
        column.update({node: k - (len(row) - 1) / 2 for k, node in enumerate(row)})

    def length(row):
        put(row)
        return sum((column[a] - column[b]) ** 2 for a, b in graph.edges)

    for row in rows:
        put(row)
    for _ in range(SWEEPS):
        for row in rows:
            row[:] = min(permutations(sorted(row)), key=length)
            put(row)
    ascends = sum(column[b] - column[a] for row in rows for a, b in pairwise(sorted(row)))
    side = 1 if ascends >= 0 else -1  # a map and its mirror image are equally good
    return {node: (side * column[node], depth) for depth, row in enumerate(rows) for node in row}


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
    place = places(drawn)
    wide = max(abs(column) for column, _ in place.values()) * 2 * ACROSS + WIDTH + 8
    high = max(row for _, row in place.values()) * DOWN + HEIGHT + 8
    lines = "".join(_line(place, *edge) for edge in drawn.edges)
    boxes = "".join(_box(graph, number, place[number], link(number)) for number in sorted(graph))
    lit = "".join(_lit(graph, number) for number in sorted(graph))
    return (
        f'<nav class="chapter-map" aria-label="Map of the chapters"><style>{lit}</style>'
        f'<svg viewBox="{-wide / 2:g} -4 {wide:g} {high}" style="--width: {wide:g}px">'
        '<defs><marker id="map-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
        f'<g class="lines" aria-hidden="true">{lines}</g>{boxes}</svg></nav>'
    )


def _line(place, tail, head):
    """Return the path from a box to one below; between boxes of the rows that it passes."""
    (start, top), (end, bottom) = place[tail], place[head]
    points = [(start, top * DOWN + HEIGHT)]
    for row in range(top + 1, bottom):
        straight = start + (end - start) * (row - top) / (bottom - top)
        taken = sorted(column for column, depth in place.values() if depth == row)
        gaps = [taken[0] - 0.5, *(column + 0.5 for column in taken)]
        gap = min(gaps, key=lambda column: abs(column - straight))
        points += [(gap, row * DOWN - 4), (gap, row * DOWN + HEIGHT + 4)]
    points.append((end, bottom * DOWN - 1))
    points = [(column * ACROSS, y) for column, y in points]
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
