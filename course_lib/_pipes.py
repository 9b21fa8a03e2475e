"""Networks of pipes side by side, as SciPy's maximum flow takes them; for `course_lib.flow`."""

from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

# SciPy's maximum flow counts in int32. A flow is at most 1, so this many parts fit.
PARTS = 2**30


class Pipes:
    """The networks of some pairs side by side, between pipes that leave outputs and end at inputs.

    `inner` are the capacities in parts of the pipes between n positions of each two layers, shape
    (pairs, l, pipes), the lowest layer first; if `causal` only of those to positions not later.
    All pipes are turned round, which leaves the flow as it is: node 0 is all the inputs, the last
    node all the outputs, and between them are, pair by pair, the n positions of each of l + 1
    layers of nodes, from the bottom up.

    SciPy prepares every network that it is given, and needs long for a small one. And it ends with
    a search from node 0, which is short if all pipes there are full: those to an input often are.
    """

    def __init__(self, inner, n, causal=False):
        self.pairs, self.n = len(inner), n
        self.ends, self.starts = _ends(inner.shape[1], n, len(inner), causal)
        self.nodes = len(self.starts) - 1
        self.inner = inner.reshape(len(inner), inner[0].size)

    def solve(self, leaving, arriving):
        """Return the network, and what flows in it; both from shape (pairs, n)."""
        above = np.hstack([self.inner, in_parts(leaving)])
        capacities = np.concatenate([in_parts(arriving).ravel(), above.ravel()])
        ends, starts, wide = self.ends, self.starts, capacities > 0
        if not wide.all():
            capacities, ends = capacities[wide], ends[wide]
            starts = np.append(0, np.cumsum(wide, dtype=np.int32))[starts]
        network = csr_array((capacities, ends, starts), shape=(self.nodes, self.nodes))
        return network, maximum_flow(network, 0, self.nodes - 1).flow

    def arrived(self, flow):
        """Return the flow of each pair in parts, (pairs,)."""
        arrived, last = np.zeros(self.nodes, dtype=np.int64), flow.indptr[1]
        arrived[flow.indices[:last]] = flow.data[:last]
        return arrived[1:-1].reshape(self.pairs, -1).sum(axis=1)

    def full(self, flow, leaving, arriving, smallest=np.inf):
        """Return of each pair whether its flow is as large as one of three cuts, in parts.

        These are its pipes at the output, those at the input, and the `smallest` other one known.
        """
        room = (in_parts(each).sum(axis=1, dtype=np.int64) for each in (leaving, arriving))
        return self.arrived(flow) == np.minimum(np.minimum(*room), smallest)

    def sides(self, network, flow):
        """Return which nodes lie above a smallest cut, (pairs, l + 1, n), the lowest first."""
        left = network - flow
        left.eliminate_zeros()
        below = np.zeros(self.nodes, dtype=bool)
        below[breadth_first_order(left, 0, return_predecessors=False)] = True
        return ~below[1:-1].reshape(self.pairs, -1, self.n)


@lru_cache(maxsize=8)
def _ends(depth, n, pairs, causal):
    """Return for `Pipes` where each pipe ends, and where the pipes of each node start in that."""
    lower, upper = pipes_of(n, causal)
    nodes = 1 + np.arange(pairs * (depth + 1) * n).reshape(pairs, depth + 1, n)
    inner = nodes[:, 1:, upper].reshape(pairs, -1)
    last = np.full((pairs, n), nodes.size + 1)
    ends = np.concatenate([nodes[:, 0].ravel(), np.hstack([inner, last]).ravel()])
    counts = np.append(np.tile(np.bincount(lower), depth), np.ones(n, dtype=int))
    starts = np.cumsum(np.concatenate([[0, pairs * n], np.tile(counts, pairs), [0]]))
    return ends.astype(np.int32), starts.astype(np.int32)


def pipes_of(n, causal):
    """Return the lower and the upper ends of the pipes between two layers, in the order of rows."""
    return np.nonzero(np.tri(n).T if causal else np.ones((n, n)))


def upwards(between):
    """Return the capacities of layers in parts, each from lower to upper positions, (l, n * n)."""
    return in_parts(between.swapaxes(1, 2)).reshape(len(between), between.shape[-1] ** 2)


def in_parts(capacities):
    return np.round(capacities * PARTS).astype(np.int32)
