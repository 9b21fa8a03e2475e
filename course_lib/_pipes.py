"""A network of pipes as OR-tools takes it; for `course_lib.flow`."""

import numpy as np

PARTS = 2**50  # of 1: OR-tools counts in int64, and a flow is at most 1


class Pipes:
    """The pipes between n outputs and n inputs; only those at both ends change with the pair.

    `between` are capacities in parts of the layers between, shape (l, n, n), the lowest layer
    first; l may be 0. Nodes are the n positions of l + 1 levels, from the bottom up. The last two
    are where all comes from and goes to; if `turned`, all pipes are turned round, which leaves a
    flow as it is. A search is short if what leaves the first node gets through, so that this should
    be the end with the smaller capacity.
    """

    def __init__(self, between, turned=False):
        # It is a large library, which most who import the course have no need of.
        from ortools.graph.python.max_flow import SimpleMaxFlow

        depth, n = len(between), between.shape[-1]
        self.between, self.turned, self.size = between, turned, 0
        self.network, self.nodes, every = SimpleMaxFlow(), (depth + 1) * n, np.arange(n)
        above, below, nothing = self.nodes, self.nodes + 1, np.zeros(n, dtype=np.int64)
        self.leaving = self._add(np.full(n, above), depth * n + every, nothing)
        self.arriving = self._add(every, np.full(n, below), nothing)
        self.ends = (below, above) if turned else (above, below)

    def solve(self, leaving, arriving):
        """Return the flow in parts between pipes that leave outputs and pipes that reach inputs.

        In a causal model these may be those of the first positions only, never of fewer than
        before: then the positions behind them take no part.
        """
        size = len(leaving)
        if size > self.size:
            new, n = self.between[:, self.size : size, :size], self.between.shape[-1]
            layer, i, j = np.nonzero(new > 0)
            self._add((layer + 1) * n + self.size + i, layer * n + j, new[new > 0])
            self.size = size
        self.network.set_arcs_capacity(self.leaving[:size], leaving)
        self.network.set_arcs_capacity(self.arriving[:size], arriving)
        self.network.solve(*self.ends)
        return self.network.optimal_flow()

    def above(self):
        """Return which positions of each level lie above the lowest smallest cut, (l + 1, n)."""
        from_inputs = self.network.get_source_side_min_cut, self.network.get_sink_side_min_cut
        above = np.ones(self.nodes + 2, dtype=bool)
        above[from_inputs[not self.turned]()] = False
        return above[: self.nodes].reshape(-1, self.between.shape[-1])

    def _add(self, upper, lower, capacities):
        ends = (lower, upper) if self.turned else (upper, lower)
        return self.network.add_arcs_with_capacity(*ends, capacities)


def in_parts(capacities):
    """Return capacities in parts of 1, int64."""
    return np.round(capacities * PARTS).astype(np.int64)
