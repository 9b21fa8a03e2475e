"""Shortest paths between all tokens at once, where the length of an edge is -ln of its weight.

So the shortest path is the one with the largest product of weights.
"""

import numpy as np
from scipy.sparse import csr_array, eye_array
from scipy.sparse.csgraph import floyd_warshall
from scipy.sparse.linalg import spsolve_triangular

# The length of an edge of weight 1. With a length of 0, a cycle of such edges would make endlessly
# many equally short paths; so, of paths with the same product, one over fewer of them counts.
SHORTEST = 1e-12
# Ways that differ by less, relative to their length, are equally short: sums of a hundred
# logarithms are off by less. And never so much that an edge of weight 1 would have no length.
TIED = 2.0**-46
BLOCK = 2**15  # numbers that are compared at a time: what a processor keeps at hand


def edge_lengths(weights):
    """Return the length of each edge, (n, n); infinite where there is none, and on the diagonal."""
    with np.errstate(divide="ignore"):
        lengths = np.maximum(SHORTEST, -np.log(weights))
    np.fill_diagonal(lengths, np.inf)
    return lengths


def distances(lengths):
    """Return the length of the shortest path from i to j, (n, n); infinite where there is none."""
    # In a dense matrix SciPy takes lengths up to 1e-8 for no edges; in a sparse one it does not.
    return floyd_warshall(csr_array(np.where(np.isfinite(lengths), lengths, 0)))


def pairs_through(lengths):
    r"""Return for each token how many pairs of others have their shortest path through it, (n,).

    Brandes counts for a source s the shortest paths to each token, and from these what each token
    carries, going over the edges (v, w) that lie on a shortest path:

    .. math:: \sigma_w = \sum_v \sigma_v \qquad
        y_v = \frac{1}{\sigma_v} + \sum_w y_w \qquad \delta_v = \sigma_v y_v - 1

    Both are triangular systems if the tokens come in the order of their distance from s. Those of
    all sources are independent of one another, so they are solved as one.

    References
    ----------
    Brandes (2001), A faster algorithm for betweenness centrality, theorem 6, where
    :math:`y_v = (1 + \delta_v) / \sigma_v`.
    """
    n = len(lengths)
    away = distances(lengths)
    # Unknown number s * n + v of a pair gets the place of that pair in the order of distances.
    place = np.empty(n * n, dtype=np.int64)
    place[away.argsort(axis=None, kind="stable")] = np.arange(n * n)
    tails, heads = (place[pairs] for pairs in _edges_on_shortest_ways(lengths, away))
    onward = heads > tails  # all, unless paths are so long that SHORTEST is lost in a sum
    tails, heads = tails[onward], heads[onward]
    edges = csr_array((np.ones(len(heads)), (heads, tails)), shape=(n * n, n * n))
    one = eye_array(n * n, format="csr")
    at_source = np.zeros(n * n)
    at_source[place[:: n + 1]] = 1
    count = spsolve_triangular(one - edges, at_source, lower=True, unit_diagonal=True)
    per_way = np.divide(1, count, out=np.zeros(n * n), where=count > 0)
    carried = spsolve_triangular((one - edges.T).tocsr(), per_way, lower=False, unit_diagonal=True)
    through = np.where(count > 0, count * carried - 1, 0)[place].reshape(n, n)
    np.fill_diagonal(through, 0)  # a source lies at the end of its paths
    return through.sum(axis=0)


def _edges_on_shortest_ways(lengths, away):
    """Return where edges (v, w) lie on a shortest path from s: the numbers of (s, v) and (s, w)."""
    n = len(lengths)
    most = np.where(np.isfinite(away), away + np.minimum(away * TIED, SHORTEST / 2), -1)
    np.fill_diagonal(most, -1)  # no path leads back to its source
    tails, heads = [], []
    rows = max(1, BLOCK // n)
    for first in range(0, n, rows):
        block = slice(first, first + rows)
        for v in range(n):
            found = np.flatnonzero(away[block, v, None] + lengths[v] <= most[block])
            source = first + found // n
            tails.append(source * n + v)
            heads.append(first * n + found)
    return np.concatenate(tails), np.concatenate(heads)
