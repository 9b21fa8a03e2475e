"""The layers of a model as pipes through which one flow after another is found."""

import numpy as np

PARTS = 2**50  # of 1: flows are counted in whole numbers


class Pipes:
    """The pipes of a model, `layers` of shape (l, n, n) with rows that sum to 1."""

    def __init__(self, layers):
        # It loads Numba, a large library that most who import the course have no need of.
        from course_lib import _dinic

        (depth, n, _), self.dinic = layers.shape, _dinic
        self.capacity = np.round(layers * PARTS).astype(np.int64).reshape(depth * n, n)
        self.flow = np.zeros_like(self.capacity)
        self.of_nodes = tuple(np.empty((5, (depth + 1) * n), dtype=np.int64))

    def solve(self, output, input, low, high):
        """Return the largest flow from an output to an input through positions low to high - 1."""
        ends = output, input, low, high
        parts = self.dinic.solve(self.capacity, self.flow, *self.of_nodes, *ends)
        return min(parts, PARTS) / PARTS

    def above(self, output, input):
        """Return which nodes lie above the lowest smallest cut of a pair, shape (l + 1, n).

        The pair is the one solved last, with all positions. No way leads from there to the input.
        """
        ends = output, input, 0, self.flow.shape[1]
        distance, queue = self.of_nodes[:2]
        self.dinic.search(self.capacity, self.flow, distance, queue, *ends)
        return distance.reshape(-1, self.flow.shape[1]) < 0
