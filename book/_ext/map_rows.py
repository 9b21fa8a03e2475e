"""Rows of a layered drawing of a graph, in an order in which few lines cross and lines are short.

A node stands in the row below the last one that leads to it. A line that passes a row is an entry
of it, too: the pair (tail, head). Nodes are strings.
"""

from itertools import combinations, pairwise
from random import Random

import networkx as nx

BESIDE = 0.07  # between lines in a gap, in columns
STARTS = 24


def rows_of(graph):
    """Return the rows, ordered so that few lines cross.

    Orders are improved by exchanging two entries of a row as long as that helps, from several
    starts; the best one is returned.
    """
    generations = [sorted(row) for row in nx.topological_generations(graph)]
    depth = {node: row for row, nodes in enumerate(generations) for node in nodes}
    for tail, head in graph.edges:
        for row in range(depth[tail] + 1, depth[head]):
            generations[row].append((tail, head))
    steps = [step for edge in graph.edges for step in pairwise(way_of(edge, generations))]
    meeting = [(one, other) for one, other in combinations(steps, 2) if one[0][0] == other[0][0]]
    chance = Random(0)
    found = []
    for start in range(STARTS):
        rows = [chance.sample(row, len(row)) if start else list(row) for row in generations]
        cost = _cost(steps, meeting, rows)
        while better := _better(steps, meeting, rows, cost):
            cost = better
        found.append((cost, rows))
    return min(found, key=lambda each: each[0])[1]


def _better(steps, meeting, rows, cost):
    """Exchange two entries of a row so that the cost falls, and return it; None if none does."""
    for row in rows:
        for k, m in combinations(range(len(row)), 2):
            row[k], row[m] = row[m], row[k]
            now = _cost(steps, meeting, rows)
            if now < cost:
                return now
            row[k], row[m] = row[m], row[k]
    return None


def _cost(steps, meeting, rows):
    """Return how often lines cross, how long they are, and how many pairs are out of order.

    `steps` are all lines from one row to the next, `meeting` their pairs that leave the same row.
    """
    column = columns(rows)
    crossed = sum(
        (column[a] - column[c]) * (column[b] - column[d]) < 0 for (a, b), (c, d) in meeting
    )
    length = sum((column[a] - column[b]) ** 2 for a, b in steps)
    chapters = [[entry for entry in row if isinstance(entry, str)] for row in rows]
    swapped = sum(a > b for row in chapters for a, b in combinations(row, 2))
    return crossed, round(length, 6), swapped


def way_of(edge, rows):
    """Return where a line passes: (row, entry) from its tail to its head."""
    tail, head = edge
    place = {entry: k for k, row in enumerate(rows) for entry in row if isinstance(entry, str)}
    between = [(k, edge) for k in range(place[tail] + 1, place[head])]
    return [(place[tail], tail), *between, (place[head], head)]


def columns(rows):
    """Return the column of each (row, entry): chapters are centred, so halves occur.

    Lines pass between the chapters, side by side where several do.
    """
    column = {}
    for k, row in enumerate(rows):
        count = sum(isinstance(entry, str) for entry in row)
        groups = {}
        before = 0
        for entry in row:
            if isinstance(entry, str):
                column[k, entry] = before - (count - 1) / 2
                before += 1
            else:
                groups.setdefault(before, []).append(entry)
        for gap, entries in groups.items():
            for m, entry in enumerate(entries):
                aside = BESIDE * (m - (len(entries) - 1) / 2)
                column[k, entry] = gap - count / 2 + aside
    return column
