"""Attention pooling: from the nodes of a graph to one vector, with weights that are learned.

It is attention with one query that no node asks: the query is a parameter. Graphs of different
size stand in padded batches with a mask, or all nodes in one row with a batch index.
"""

import warnings

import torch
from torch import nn

from course_lib import _validate
from course_lib.nn.attention import masked_softmax


class AttentionPooling(nn.Module):
    r"""Pool nodes into one vector (or several) by attention.

    .. math:: a_i = \mathrm{softmax}_i\big(w^\top \tanh(V h_i)\big), \qquad
              z = \sum_i a_i h_i

    With `gated`, :math:`\tanh(V h_i)` is multiplied by :math:`\sigma(U h_i)`, entry by entry. V
    and U are applied with biases.

    Parameters
    ----------
    in_features, hidden_features : int
        Of a node :math:`h_i`, and of :math:`V h_i`.
    gated : bool, default False
    hops : int, default 1
        How many distributions over the nodes, each with a w of its own, side by side.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or not positive.

    References
    ----------
    Ilse, Tomczak and Welling (2018), Attention-based deep multiple instance learning, equations 7
    to 9; several hops: Lin et al. (2017), A structured self-attentive sentence embedding,
    equations 6 and 7.

    Examples
    --------
    >>> pool = AttentionPooling(4, 8)
    >>> pool(torch.ones(2, 3, 4)).shape
    torch.Size([2, 4])
    >>> pool.pool_index(torch.ones(5, 4), torch.tensor([0, 0, 0, 1, 1])).shape
    torch.Size([2, 4])
    """

    def __init__(self, in_features, hidden_features, *, gated=False, hops=1):
        super().__init__()
        self.in_features = _validate.integer(in_features, "in_features", low=1)
        hidden = _validate.integer(hidden_features, "hidden_features", low=1)
        self.hops = _validate.integer(hops, "hops", low=1)
        self.hidden = nn.Linear(in_features, hidden)
        self.gate = nn.Linear(in_features, hidden) if gated else None
        self.score = nn.Linear(hidden, hops, bias=False)

    def scores(self, x):
        """Return the logits of the nodes, (..., hops), for nodes (..., in_features)."""
        x = _validate.tensor(x, "x", _validate.FLOATS, ..., self.in_features)
        _validate.alike(x, "x", self.score.weight, "the module's parameters")
        hidden = torch.tanh(self.hidden(x))  # (..., hidden_features)
        if self.gate is not None:
            hidden = hidden * torch.sigmoid(self.gate(x))
        return self.score(hidden)

    def forward(self, x, mask=None, *, return_weights=False):
        """Pool each graph of a padded batch.

        Parameters
        ----------
        x : Tensor, shape (batch, n, in_features)
        mask : bool Tensor, shape (batch, n), optional
            True = a node, False = padding.
        return_weights : bool, default False

        Returns
        -------
        Tensor, shape (batch, in_features)
            (batch, hops, in_features) with several hops. A graph without nodes gives zeros, and a
            warning that names it. On request also the weights, (batch, n) or (batch, hops, n).

        Raises
        ------
        TypeError, ValueError
            If `x` or `mask` has another shape, or `mask` is not boolean.
        """
        _validate.tensor(x, "x", _validate.FLOATS, "batch", "n", self.in_features)
        if mask is not None:
            _validate.tensor(mask, "mask", _validate.BOOLEANS, *x.shape[:2])
            _validate.together(mask, "mask", x, "x")
            _tell_empty(~mask.any(dim=1))
            x = x.masked_fill(~mask.unsqueeze(2), 0)  # whatever it was: 0 times NaN is NaN
        logits = self.scores(x).transpose(1, 2)  # (batch, hops, n)
        weights = masked_softmax(logits, None if mask is None else mask.unsqueeze(1))
        pooled = weights @ x  # (batch, hops, in_features)
        return self._finish(pooled, weights, return_weights)

    def pool_index(self, x, batch, num_graphs=None, *, return_weights=False):
        """Pool the nodes of many graphs that stand in one row.

        Parameters
        ----------
        x : Tensor, shape (nodes, in_features)
        batch : int Tensor, shape (nodes,)
            The graph that each node belongs to, from 0; in any order.
        num_graphs : int, optional
            Default: one more than the largest number in `batch`.
        return_weights : bool, default False

        Returns
        -------
        Tensor, shape (num_graphs, in_features)
            As from `forward`. On request also the weights, (nodes,) or (hops, nodes).

        Raises
        ------
        TypeError, ValueError
            If `batch` is not an integer for each node, or names a graph that does not exist.
        """
        batch, num_graphs = _checked(x, batch, num_graphs)
        _tell_empty(torch.bincount(batch, minlength=num_graphs) == 0)
        logits = self.scores(x)  # (nodes, hops)
        index = batch.unsqueeze(1).expand(logits.shape)
        lowest = logits.new_full((num_graphs, self.hops), torch.finfo(logits.dtype).min)
        largest = lowest.scatter_reduce(0, index, logits.detach(), "amax")  # (graphs, hops)
        powers = torch.exp(logits - largest[batch])  # (nodes, hops)
        sums = powers.new_zeros(num_graphs, self.hops).index_add(0, batch, powers)
        weights = powers / sums[batch]
        shares = weights.unsqueeze(2) * x.unsqueeze(1)  # (nodes, hops, in_features)
        pooled = shares.new_zeros(num_graphs, *shares.shape[1:]).index_add(0, batch, shares)
        return self._finish(pooled, weights.T, return_weights)

    def _finish(self, pooled, weights, return_weights):
        """Take the axis of the hops away where there is only one."""
        if self.hops == 1:
            pooled, weights = pooled.squeeze(1), weights.squeeze(-2)
        return (pooled, weights) if return_weights else pooled


def overlap_penalty(weights):
    r"""Return how alike and how spread out the hops are: :math:`\lVert A A^\top - I \rVert_F^2`.

    Parameters
    ----------
    weights : Tensor, shape (..., hops, n)
        As `AttentionPooling.forward` returns them for several hops.

    Returns
    -------
    Tensor, shape (...)
        0 if each hop looks at one node, and no two at the same.

    Raises
    ------
    TypeError, ValueError
        If `weights` has another shape or type.

    References
    ----------
    Lin et al. (2017), equation 8.

    Examples
    --------
    >>> overlap_penalty(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    tensor(2.)
    """
    _validate.tensor(weights, "weights", _validate.FLOATS, ..., "hops", "n")
    alike = weights @ weights.transpose(-1, -2)  # (..., hops, hops)
    apart = alike - torch.eye(weights.shape[-2], dtype=weights.dtype, device=weights.device)
    return apart.square().sum(dim=(-2, -1))


def _tell_empty(empty):
    """Warn of graphs without nodes: their zeros are no answer that a model has found."""
    if _validate.seen(empty.any()):
        graphs = ", ".join(map(str, empty.nonzero().flatten().tolist()))
        warnings.warn(f"no nodes in graph {graphs}: pooled to zeros", stacklevel=3)


def _checked(x, batch, num_graphs):
    """Return `batch` as int64 and the number of graphs."""
    _validate.tensor(x, "x", _validate.FLOATS, "nodes", "features")
    batch = _validate.tensor(batch, "batch", _validate.INTEGERS, len(x)).long()
    _validate.together(batch, "batch", x, "x")
    if num_graphs is None:
        if torch.compiler.is_exporting():
            raise ValueError("num_graphs must be given to torch.export, which sees no numbers")
        if _validate.is_hollow(batch):
            raise ValueError("num_graphs must be given where batch holds no numbers")
        num_graphs = int(batch.max()) + 1 if len(batch) else 0
    else:
        num_graphs = _validate.integer(num_graphs, "num_graphs", low=0)
    return _validate.within(batch, "batch", 0, num_graphs - 1), num_graphs
