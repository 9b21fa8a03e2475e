"""Graph attention networks: attention along the edges of a graph that is given.

An edge i → j says that i attends to j: row 0 of an edge list holds queries, row 1 keys. PyTorch
Geometric's `edge_index` runs from source to target, the other way round.
"""

import torch
from torch import nn
from torch.nn import functional as F

from course_lib import _validate
from course_lib.nn._opaque import of_numbers, opaque
from course_lib.nn.attention import masked_softmax, merge_heads, split_heads
from course_lib.nn.edges import Edges, checked, edge_softmax, edge_sum


def with_self_loops(edge_index, n):
    """Return an edge list with an edge from each of n nodes to itself, those there already once.

    Parameters
    ----------
    edge_index : int Tensor, shape (2, E)
    n : int

    Returns
    -------
    int Tensor, shape (2, E')
        The loops stand behind all other edges.

    Raises
    ------
    TypeError, ValueError
        If `edge_index` has another shape or type, or names a node that does not exist.

    Examples
    --------
    >>> with_self_loops(torch.tensor([[0, 1, 1], [0, 1, 0]]), 2)
    tensor([[1, 0, 1],
            [0, 0, 1]])
    """
    n = _validate.integer(n, "n", low=0)
    _validate.tensor(edge_index, "edge_index", _validate.INTEGERS, 2, "E")
    loops = torch.arange(n, device=edge_index.device).repeat(2, 1)
    others = of_numbers(_without_loops, "edge_index", edge_index, n)
    return torch.cat([others, loops], dim=1)


@opaque(
    "(Tensor edge_index, SymInt n) -> Tensor",
    lambda edge_index, n: edge_index.new_empty(
        2, torch.library.get_ctx().new_dynamic_size(), dtype=torch.int64
    ),
    unbatched="edge_index",
)
def _without_loops(edge_index, n):
    """Return an edge list without the edges from a node to itself."""
    edge_index = torch.stack(checked(edge_index, n, n))  # also the loops that are taken out
    return edge_index[:, edge_index[0] != edge_index[1]]


class _GraphAttention(nn.Module):
    """What both kinds of layer share: edges, forms, dropout, and how heads are put together."""

    forms = ()

    def __init__(
        self,
        in_features,
        out_features,
        num_heads=1,
        *,
        concat=True,
        negative_slope=0.2,
        dropout=0.0,
        self_loops=True,
        form="edges",
    ):
        super().__init__()
        self.in_features = _validate.integer(in_features, "in_features", low=1)
        self.out_features = _validate.integer(out_features, "out_features", low=1)
        self.num_heads = _validate.integer(num_heads, "num_heads", low=1)
        self.negative_slope = _validate.real(negative_slope, "negative_slope", low=0, high=1)
        self.dropout = _validate.real(dropout, "dropout", low=0, high=1)
        self.form = _validate.choice(form, "form", self.forms)
        self.concat, self.self_loops = concat, self_loops
        self._make_parameters(in_features, out_features, num_heads)
        self.bias = nn.Parameter(torch.zeros(out_features * (num_heads if concat else 1)))

    def edges(self, edge_index, n):
        """Return the `Edges` of a graph of n nodes, self-loops added if the layer has them.

        Give them to `forward` instead of the edge list to sort it only once.
        """
        return Edges(with_self_loops(edge_index, n) if self.self_loops else edge_index, n)

    def forward(self, x, edge_index, *, return_weights=False):
        """Let each node attend to the nodes that its edges lead to.

        Parameters
        ----------
        x : Tensor, shape (n, in_features)
        edge_index : int Tensor, shape (2, E), or Edges
            Edges i → j: i attends to j. `Edges` are taken as they are, without new self-loops.
        return_weights : bool, default False

        Returns
        -------
        Tensor, shape (n, num_heads * out_features), or (n, out_features) if not `concat`
            A node without edges gets the bias alone. On request also the `Edges` and the weights,
            shape (num_heads, E), in their order: ``output, (edges, weights)``.

        Raises
        ------
        TypeError, ValueError
            If `x` or the edges have another shape, or name nodes that do not exist.
        """
        queries, keys = self.project(x)  # (h, n, out_features) each
        edges = edge_index if isinstance(edge_index, Edges) else self.edges(edge_index, len(x))
        if not edges.n_query == edges.n_key == len(x):
            raise ValueError(
                f"edge_index must join the {len(x)} nodes of x, got Edges of {edges.n_query} "
                f"queries and {edges.n_key} keys"
            )
        _validate.together(edges.query, "edge_index", x, "x")
        weights = self.attend(queries, keys, edges)  # (h, E)
        used = F.dropout(weights, self.dropout, self.training)
        values = keys.float() if _is_half(keys) else keys  # weights are in single precision then
        mixed = edge_sum(used, values, edges).to(x.dtype)  # (h, n, out_features)
        joined = merge_heads(mixed) if self.concat else mixed.mean(dim=0)
        output = joined + self.bias
        return (output, (edges, weights)) if return_weights else output

    def attend(self, queries, keys, edges):
        """Return the weights, (h, E), in single precision at least: half would overflow."""
        if _is_half(queries):
            queries, keys = queries.float(), keys.float()
        if self.form == "edges":
            return edge_softmax(self.edge_logits(queries, keys, edges), edges)
        allowed = torch.zeros(edges.n_query, edges.n_key, dtype=torch.bool, device=queries.device)
        allowed[edges.query, edges.key] = True
        logits = getattr(self, f"{self.form}_logits")(queries, keys)  # (h, n, n)
        dense = masked_softmax(logits, allowed)
        return dense[:, edges.query, edges.key]

    def _nodes(self, x):
        """Return `x` if it is the features of nodes."""
        if not len(_validate.tensor(x, "x", _validate.FLOATS, "n", self.in_features)):
            raise ValueError(f"x must have at least one node, got shape {tuple(x.shape)}")
        return _validate.alike(x, "x", self.bias, "the module's parameters")

    def _activate(self, z):
        return F.leaky_relu(z, self.negative_slope)


class GraphAttention(_GraphAttention):
    r"""A graph attention layer, in three forms that compute the same.

    .. math::
        \alpha_{ij} &= \mathrm{softmax}_{j \in N(i)}\big(
        \mathrm{LeakyReLU}(a^\top [W x_i \,\Vert\, W x_j])\big)

        x'_i &= \sum_{j \in N(i)} \alpha_{ij}\, W x_j

    Parameters
    ----------
    in_features, out_features : int
        Of a node, and of each head.
    num_heads : int, default 1
    concat : bool, default True
        Heads are put side by side; otherwise their mean is taken.
    negative_slope : float, default 0.2
        Of LeakyReLU.
    dropout : float, default 0
        Share of the weights that training leaves out; none at evaluation.
    self_loops : bool, default True
        Each node attends to itself as well.
    form : {"edges", "split", "pairwise"}
        "pairwise": concatenates for all pairs, as the formula is written (n · n · 2F numbers a
        head). "split": adds :math:`a_1^\top W x_i` and :math:`a_2^\top W x_j` for all pairs
        (n · n). "edges": the same for the edges alone (E).

    Raises
    ------
    TypeError, ValueError
        If a number is out of range or `form` is none of these.

    References
    ----------
    Veličković et al. (2018), Graph attention networks, equations 1 to 6; the nonlinearity of
    equations 4 to 6 is left to whoever uses the layer.

    Examples
    --------
    >>> layer = GraphAttention(4, 3, num_heads=2)
    >>> layer(torch.ones(5, 4), torch.tensor([[0, 1], [1, 2]])).shape
    torch.Size([5, 6])
    """

    forms = ("edges", "split", "pairwise")

    def _make_parameters(self, in_features, out_features, num_heads):
        self.linear = nn.Linear(in_features, num_heads * out_features, bias=False)
        self.by_query = nn.Parameter(torch.empty(num_heads, out_features))  # a, its first half
        self.by_key = nn.Parameter(torch.empty(num_heads, out_features))  # and its second
        for parameter in (self.linear.weight, self.by_query, self.by_key):
            nn.init.xavier_uniform_(parameter)

    def project(self, x):
        """Return W x in heads, (h, n, out_features), once as queries and once as keys."""
        heads = split_heads(self.linear(self._nodes(x)), self.num_heads)
        return heads, heads

    @torch.no_grad()
    def logit_parts(self, x):
        r"""Return q, k (h, n, 1) and a (h, 1): logits are :math:`a^\top` LeakyReLU(q_i + k_j)."""
        by_query, by_key = (score.unsqueeze(-1) for score in self._scores(*self.project(x)))
        return by_query, by_key, by_query.new_ones(self.num_heads, 1)

    def edge_logits(self, queries, keys, edges):
        """Return the logits of the edges, (h, E)."""
        first, second = self._scores(queries, keys)  # (h, n) each
        return self._activate(
            first.index_select(1, edges.query) + second.index_select(1, edges.key)
        )

    def split_logits(self, queries, keys):
        """Return the logits of all pairs, (h, n, n), as sums of two numbers."""
        first, second = self._scores(queries, keys)
        return self._activate(first.unsqueeze(2) + second.unsqueeze(1))

    def pairwise_logits(self, queries, keys):
        """Return the logits of all pairs, (h, n, n), from concatenated features."""
        shape = (*queries.shape[:2], keys.shape[1], self.out_features)
        pairs = torch.cat(  # (h, n, n, 2 * out_features)
            [queries.unsqueeze(2).expand(shape), keys.unsqueeze(1).expand(shape)], dim=-1
        )
        both = torch.cat([self.by_query, self.by_key], dim=-1).to(pairs.dtype)
        return self._activate((pairs @ both[:, None, :, None]).squeeze(-1))

    def _scores(self, queries, keys):
        """Return how much each node speaks as a query and as a key: twice (h, n)."""
        by_query, by_key = self.by_query.to(queries.dtype), self.by_key.to(keys.dtype)
        return (queries * by_query[:, None]).sum(dim=-1), (keys * by_key[:, None]).sum(dim=-1)


class GraphAttentionV2(_GraphAttention):
    r"""A graph attention layer whose ranking of keys may differ from query to query (GATv2).

    .. math::
        \alpha_{ij} &= \mathrm{softmax}_{j \in N(i)}\big(
        a^\top\, \mathrm{LeakyReLU}(W_q x_i + W_k x_j)\big)

        x'_i &= \sum_{j \in N(i)} \alpha_{ij}\, W_k x_j

    Parameters and what is raised are those of `GraphAttention`, but for `form`: the sum stands
    inside LeakyReLU and cannot be split, so there are "edges" and "pairwise".

    References
    ----------
    Brody, Alon and Yahav (2022), How attentive are graph attention networks?, equation 7.

    Examples
    --------
    >>> layer = GraphAttentionV2(4, 3, num_heads=2, concat=False)
    >>> layer(torch.ones(5, 4), torch.tensor([[0, 1], [1, 2]])).shape
    torch.Size([5, 3])
    """

    forms = ("edges", "pairwise")

    def _make_parameters(self, in_features, out_features, num_heads):
        self.query = nn.Linear(in_features, num_heads * out_features, bias=False)
        self.key = nn.Linear(in_features, num_heads * out_features, bias=False)
        self.attention = nn.Parameter(torch.empty(num_heads, out_features))
        for parameter in (self.query.weight, self.key.weight, self.attention):
            nn.init.xavier_uniform_(parameter)

    def project(self, x):
        """Return the queries and the keys in heads, (h, n, out_features) each."""
        x = self._nodes(x)
        return tuple(split_heads(f(x), self.num_heads) for f in (self.query, self.key))

    @torch.no_grad()
    def logit_parts(self, x):
        r"""Return q, k (h, n, F) and a (h, F): logits are :math:`a^\top` LeakyReLU(q_i + k_j)."""
        return *self.project(x), self.attention.clone()

    def edge_logits(self, queries, keys, edges):
        """Return the logits of the edges, (h, E)."""
        sums = queries.index_select(1, edges.query) + keys.index_select(1, edges.key)  # (h, E, F)
        return (self._activate(sums) * self.attention.to(sums.dtype)[:, None]).sum(dim=-1)

    def pairwise_logits(self, queries, keys):
        """Return the logits of all pairs, (h, n, n)."""
        sums = queries.unsqueeze(2) + keys.unsqueeze(1)  # (h, n, n, F)
        return (self._activate(sums) @ self.attention.to(sums.dtype)[:, None, :, None]).squeeze(-1)


def _is_half(x):
    return x.dtype in (torch.float16, torch.bfloat16)
