"""The models of chapter 12: a classifier of bags and one of graphs, with any of four pools."""

from torch import nn

from course_lib import _validate
from course_lib.chapters.ch12_pooling.graph_classes import KINDS
from course_lib.nn.gat import GraphAttention
from course_lib.nn.pooling import AttentionPooling

POOLS = ("attention", "gated", "mean", "max")
MOST_NEIGHBOURS = 9  # nodes with more of them look alike to the classifier
BAG_FEATURES = 32
GRAPH_FEATURES = 32


class BagClassifier(nn.Module):
    """Encode each digit by itself, pool the bag, answer with one logit.

    Parameters
    ----------
    pool : {"attention", "gated", "mean", "max"}, default "attention"

    References
    ----------
    Ilse, Tomczak and Welling (2018), Attention-based deep multiple instance learning.
    """

    def __init__(self, pool="attention"):
        super().__init__()
        self.encode = nn.Sequential(
            nn.Linear(64, BAG_FEATURES), nn.ReLU(), nn.Linear(BAG_FEATURES, BAG_FEATURES), nn.ReLU()
        )
        self.pool = make_pool(pool, BAG_FEATURES)
        self.answer = nn.Linear(BAG_FEATURES, 1)

    def forward(self, pictures, mask, *, return_weights=False):
        """Return a logit for each bag; with attention, on request also the weights (bags, n).

        Raises
        ------
        ValueError
            If weights are asked for where the pool has none.
        """
        bag = mask.nonzero()[:, 0]  # (digits,): which bag each of all digits is in
        h = self.encode(pictures[mask])  # (digits, BAG_FEATURES)
        pooled, found = pool_nodes(self.pool, h, bag, len(mask))  # (bags, BAG_FEATURES), (digits,)
        logits = self.answer(pooled).squeeze(1)  # (bags,)
        if not return_weights:
            return logits
        if found is None:
            raise ValueError(f"return_weights needs a pool that attends, got pool={self.pool!r}")
        weights = found.new_zeros(mask.shape)  # (bags, n)
        weights[mask] = found
        return logits, weights


class GraphClassifier(nn.Module):
    """Two layers of graph attention, a pool over the nodes, a logit for each kind.

    Parameters
    ----------
    pool : {"attention", "gated", "mean", "max"}, default "attention"
    """

    def __init__(self, pool="attention"):
        super().__init__()
        self.first = GraphAttention(MOST_NEIGHBOURS + 1, GRAPH_FEATURES // 4, 4)
        self.second = GraphAttention(GRAPH_FEATURES, GRAPH_FEATURES)
        self.pool = make_pool(pool, GRAPH_FEATURES)
        self.answer = nn.Linear(GRAPH_FEATURES, len(KINDS))

    def forward(self, x, edge_index, graph, num_graphs):
        """Return logits (num_graphs, kinds) for graphs put beside one another."""
        edges = self.first.edges(edge_index, len(x))
        hidden = nn.functional.elu(self.first(x, edges))
        hidden = nn.functional.elu(self.second(hidden, edges))  # (nodes, GRAPH_FEATURES)
        pooled, _ = pool_nodes(self.pool, hidden, graph, num_graphs)  # (graphs, GRAPH_FEATURES)
        return self.answer(pooled)  # (graphs, kinds)


def make_pool(pool, features):
    """Return the `AttentionPooling` of a name, or the name itself where nothing is learned."""
    pool = _validate.choice(pool, "pool", POOLS)
    if pool in ("mean", "max"):
        return pool
    return AttentionPooling(features, features, gated=pool == "gated")


def pool_nodes(pool, x, graph, num_graphs):
    """Pool nodes (nodes, features) by a pool of `make_pool`; return also its weights, or None."""
    if isinstance(pool, AttentionPooling):
        return pool.pool_index(x, graph, num_graphs, return_weights=True)
    index = graph.unsqueeze(1).expand_as(x)
    zeros = x.new_zeros(num_graphs, x.shape[1])  # (graphs, features)
    reduce = "amax" if pool == "max" else pool
    return zeros.scatter_reduce(0, index, x, reduce, include_self=False), None
