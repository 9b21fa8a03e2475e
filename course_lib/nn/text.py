"""Attention in models of text: the modules that chapter 06 trains.

Tokens are numbers, and 0 is the filling behind short sentences. A mask is boolean, True = may
attend; a query that may attend to nothing gets zero weights and a zero mixture.
"""

import math

import torch
from torch import nn

from course_lib import _validate
from course_lib.data.vocabulary import PAD
from course_lib.nn import _check


class MultiHeadAttention(nn.Module):
    r"""Scaled dot-product attention in several heads, each with its own projections.

    .. math:: O = [A_1 V_1, \dots, A_h V_h]\, W_o, \qquad
              A_a = \mathrm{softmax}\Big(\tfrac{1}{\sqrt{d_\text{head}}}\, Q_a K_a^\top\Big)

    with :math:`Q = x W_q`, :math:`K = y W_k`, :math:`V = y W_v` cut into h heads. No biases.

    Parameters
    ----------
    d_model : int
        Features of a token.
    num_heads : int
        h, a divisor of `d_model`.

    Raises
    ------
    TypeError, ValueError
        If one is no integer or not positive, or `num_heads` does not divide `d_model`.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.2.2.

    Examples
    --------
    >>> attention = MultiHeadAttention(8, 2)
    >>> output, weights = attention(torch.ones(1, 3, 8), torch.ones(1, 5, 8), return_weights=True)
    >>> output.shape, weights.shape
    (torch.Size([1, 3, 8]), torch.Size([1, 2, 3, 5]))
    """

    def __init__(self, d_model, num_heads):
        super().__init__()
        d_model = _validate.integer(d_model, "d_model", low=1)
        num_heads = _validate.integer(num_heads, "num_heads", low=1)
        if d_model % num_heads:
            raise ValueError(
                f"num_heads must divide d_model equally: {d_model} is not a multiple of {num_heads}"
            )
        self.d_model, self.num_heads = d_model, num_heads
        self.query = nn.Linear(d_model, d_model, bias=False)
        self.key = nn.Linear(d_model, d_model, bias=False)
        self.value = nn.Linear(d_model, d_model, bias=False)
        self.output = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x, y, *, mask=None, weights=None, return_weights=False):
        """Let each row of `x` attend to the rows of `y`.

        Parameters
        ----------
        x : Tensor, shape (batch, n_query, d_model)
        y : Tensor, shape (batch, n_key, d_model)
        mask : bool Tensor, broadcastable to (batch, n_query, n_key), optional
            True = may attend; the same for all heads. With two axes, (n_query, n_key); for one that
            hides filling see `padding_mask`.
        weights : Tensor, broadcastable to (batch, h, n_query, n_key), optional
            Taken as they are instead of those that queries and keys would give.
        return_weights : bool, default False

        Returns
        -------
        Tensor, shape (batch, n_query, d_model)
            Or a pair of it and the weights, shape (batch, h, n_query, n_key).

        Raises
        ------
        TypeError, ValueError
            If a tensor has another shape or type.
        """
        _check.tensor(x, "x", _check.FLOATS, "batch", "n_query", self.d_model)
        _check.tensor(y, "y", _check.FLOATS, len(x), "n_key", self.d_model)
        pairs = x.shape[1], y.shape[1]
        if weights is None:
            query, key = self._split(self.query(x)), self._split(self.key(y))
            logits = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
            if mask is not None:
                # Two axes of (batch, n_key), in the wrong place, might broadcast.
                if isinstance(mask, torch.Tensor) and mask.ndim == 2 and mask.shape != pairs:
                    raise ValueError(
                        f"mask must have shape (n_query, n_key) = {pairs} if it has two axes, "
                        f"got {tuple(mask.shape)}; padding_mask makes one for filling"
                    )
                mask = _check.expanded(mask, "mask", _check.BOOLEANS, len(x), *pairs).unsqueeze(1)
            weights = masked_softmax(logits, mask)
        else:
            sizes = len(x), self.num_heads, *pairs
            weights = _check.expanded(weights, "weights", _check.FLOATS, *sizes)
        value = self._split(self.value(y))
        heads = (weights @ value).transpose(1, 2)  # (batch, n_query, h, d_head)
        output = self.output(heads.flatten(2))
        return (output, weights) if return_weights else output

    def _split(self, z):
        """Cut (batch, n, d_model) into heads, (batch, h, n, d_head)."""
        return z.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


class SelfAttention(MultiHeadAttention):
    """Attention among the tokens of one text; see `MultiHeadAttention`.

    Examples
    --------
    >>> SelfAttention(8, 2)(torch.ones(1, 3, 8), mask=causal_mask(3)).shape
    torch.Size([1, 3, 8])
    """

    def forward(self, x, *, mask=None, weights=None, return_weights=False):
        """Let each row of `x`, shape (batch, n, d_model), attend to all; see the base class."""
        return super().forward(x, x, mask=mask, weights=weights, return_weights=return_weights)


def masked_softmax(logits, mask):
    """Softmax over the last axis; hidden keys get exactly 0, also where all of them are hidden.

    Parameters
    ----------
    logits : Tensor, shape (..., n_key)
    mask : bool Tensor, broadcastable to the shape of `logits`, or None
        True = may attend.

    Returns
    -------
    Tensor, the shape of `logits`

    Raises
    ------
    TypeError, ValueError
        If a tensor has another shape or type.

    Examples
    --------
    >>> masked_softmax(torch.zeros(2, 2), torch.tensor([[True, False], [False, False]]))
    tensor([[1., 0.],
            [0., 0.]])
    """
    _check.tensor(logits, "logits", _check.FLOATS, ..., "n_key")
    if mask is None:
        return logits.softmax(dim=-1)
    mask = _check.expanded(mask, "mask", _check.BOOLEANS, *logits.shape)
    lonely = ~mask.any(dim=-1, keepdim=True)  # a row of nothing but -inf would be NaN
    shown = logits.masked_fill(~mask, -torch.inf).masked_fill(lonely, 0)
    return shown.softmax(dim=-1).masked_fill(~mask, 0)


def causal_mask(n):
    """Return the (n, n) mask under which a position attends to itself and to earlier ones."""
    n = _validate.integer(n, "n", low=1)
    return torch.ones(n, n, dtype=torch.bool).tril()


def padding_mask(tokens):
    """Return the mask, shape (batch, 1, n), that hides the filling of (batch, n) tokens."""
    return (_check.tensor(tokens, "tokens", _check.INTEGERS, "batch", "n") != PAD).unsqueeze(1)


class Embedding(nn.Module):
    """A vector for each token, plus one for its position unless `positional` is False.

    Parameters
    ----------
    vocabulary, max_length, d_model : int
    positional : bool, default True
    name : str, default "tokens"
        What errors call the tokens that come in.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or not positive.
    """

    def __init__(self, vocabulary, max_length, d_model, *, positional=True, name="tokens"):
        super().__init__()
        self.name = name
        vocabulary = _validate.integer(vocabulary, "vocabulary", low=1)
        self.max_length = _validate.integer(max_length, "max_length", low=1)
        d_model = _validate.integer(d_model, "d_model", low=1)
        self.token = nn.Embedding(vocabulary, d_model)
        self.position = nn.Embedding(max_length, d_model) if positional else None

    def forward(self, tokens):
        """Return (batch, n, d_model) for (batch, n) tokens; n at most `max_length`.

        Raises
        ------
        TypeError, ValueError
            If the tokens are no integers of that shape, or not in the vocabulary.
        """
        _check.tensor(tokens, self.name, _check.INTEGERS, "batch", "n")
        _check.within(tokens, self.name, 0, self.token.num_embeddings - 1)
        n = tokens.shape[1]
        if n > self.max_length:
            raise ValueError(f"{self.name} must be at most {self.max_length} long, got {n}")
        vectors = self.token(tokens)
        if self.position is None:
            return vectors
        return vectors + self.position(torch.arange(n, device=tokens.device))


class EncoderLayer(nn.Module):
    """Self-attention and a small network on each token, both beside a residual connection.

    Normalised before each of the two, not after (Xiong et al. 2020, On layer normalization in
    the transformer architecture, figure 1b).
    """

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, num_heads)
        self.network = _network(d_model)
        self.norms = nn.ModuleList([nn.LayerNorm(d_model), nn.LayerNorm(d_model)])

    def forward(self, x, *, mask=None, weights=None):
        """Return the new (batch, n, d_model) vectors, and the weights (batch, h, n, n)."""
        mixed, weights = self.attention(
            self.norms[0](x), mask=mask, weights=weights, return_weights=True
        )
        x = x + mixed
        return x + self.network(self.norms[1](x)), weights


class DecoderLayer(nn.Module):
    """Causal self-attention, cross-attention to the source, and a small network on each token."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, num_heads)
        self.cross = MultiHeadAttention(d_model, num_heads)
        self.network = _network(d_model)
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))

    def forward(self, x, source, *, source_mask):
        """Return the new (batch, n, d_model) vectors, and the cross weights (batch, h, n, m)."""
        mask = causal_mask(x.shape[1]).to(x.device)
        x = x + self.attention(self.norms[0](x), mask=mask)
        mixed, weights = self.cross(self.norms[1](x), source, mask=source_mask, return_weights=True)
        x = x + mixed
        return x + self.network(self.norms[2](x)), weights


class TextClassifier(nn.Module):
    """An encoder whose outputs are averaged over the tokens and sorted into classes.

    Parameters
    ----------
    vocabulary, classes, max_length : int
        How many tokens there are (0 is the filling), how many classes, the longest text.
    d_model, num_heads, num_layers : int
    positional : bool, default True
        Without it, the order of the words is invisible.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or not positive.

    Examples
    --------
    >>> model = TextClassifier(vocabulary=10, classes=2, max_length=6)
    >>> model(torch.tensor([[1, 2, 3, 0]])).shape
    torch.Size([1, 2])
    """

    def __init__(
        self,
        vocabulary,
        classes,
        max_length,
        *,
        d_model=32,
        num_heads=4,
        num_layers=2,
        positional=True,
    ):
        super().__init__()
        self.embedding = Embedding(vocabulary, max_length, d_model, positional=positional)
        self.layers = stack(EncoderLayer, num_layers, d_model, num_heads)
        self.norm = nn.LayerNorm(d_model)
        self.classify = nn.Linear(d_model, _validate.integer(classes, "classes", low=1))

    def forward(self, tokens, **options):
        """Return logits (batch, classes) for (batch, n) tokens; see `from_vectors`."""
        return self.from_vectors(self.embedding(tokens), tokens, **options)

    def from_vectors(self, x, tokens, *, weights=None, return_weights=False):
        """Go on from embedded tokens: for gradients by input.

        Parameters
        ----------
        x : Tensor, shape (batch, n, d_model)
        tokens : int Tensor, shape (batch, n)
            Tell which rows of `x` are filling.
        weights : sequence of (Tensor or None), one a layer, optional
            Attention that takes the place of the model's own, each broadcastable to
            (batch, h, n, n): a graph that somebody else has drawn.
        return_weights : bool, default False

        Returns
        -------
        Tensor, shape (batch, classes)
            Or a pair of it and the weights, shape (batch, layers, h, n, n).

        Raises
        ------
        TypeError, ValueError
            If a tensor has another shape or type, or there are not as many `weights` as layers.
        """
        mask = padding_mask(tokens)
        _check.tensor(x, "x", _check.FLOATS, *tokens.shape, self.classify.in_features)
        given = [None] * len(self.layers) if weights is None else list(weights)
        if len(given) != len(self.layers):
            raise ValueError(
                f"weights must be one for each of {len(self.layers)} layers, got {len(given)}"
            )
        collected = []
        for layer, its_weights in zip(self.layers, given, strict=True):
            x, used = layer(x, mask=mask, weights=its_weights)
            collected.append(used)
        real = (tokens != PAD).unsqueeze(-1)
        mean = (self.norm(x) * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)
        logits = self.classify(mean)
        return (logits, torch.stack(collected, dim=1)) if return_weights else logits


class Translator(nn.Module):
    """An encoder and a decoder with cross-attention, for short texts.

    Parameters
    ----------
    source_vocabulary, target_vocabulary : int
        How many tokens there are; 0 is the filling of both.
    source_length, target_length : int
        The longest texts, the start token of the target among them.
    d_model, num_heads, num_layers : int

    Raises
    ------
    TypeError, ValueError
        If one is no integer or not positive.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need, section 3.1.
    """

    def __init__(
        self,
        source_vocabulary,
        target_vocabulary,
        source_length,
        target_length,
        *,
        d_model=64,
        num_heads=4,
        num_layers=2,
    ):
        super().__init__()
        for name, size in (
            ("source_vocabulary", source_vocabulary),
            ("target_vocabulary", target_vocabulary),
            ("source_length", source_length),
            ("target_length", target_length),
        ):
            _validate.integer(size, name, low=1)
        self.source = Embedding(source_vocabulary, source_length, d_model, name="source")
        self.target = Embedding(target_vocabulary, target_length, d_model, name="target")
        self.encoder = stack(EncoderLayer, num_layers, d_model, num_heads)
        self.decoder = stack(DecoderLayer, num_layers, d_model, num_heads)
        self.norms = nn.ModuleList([nn.LayerNorm(d_model), nn.LayerNorm(d_model)])
        self.predict = nn.Linear(d_model, target_vocabulary)

    def encode(self, source):
        """Return the encoder's outputs, (batch, m, d_model), for (batch, m) source tokens."""
        x = self.source(source)
        for layer in self.encoder:
            x, _ = layer(x, mask=padding_mask(source))
        return self.norms[0](x)

    def forward(self, source, target, *, return_weights=False):
        """Return logits of the next target token after each one given.

        Parameters
        ----------
        source : int Tensor, shape (batch, m)
        target : int Tensor, shape (batch, n)
            Begins with the start token.
        return_weights : bool, default False

        Returns
        -------
        Tensor, shape (batch, n, target_vocabulary)
            Or a pair of it and the cross weights, shape (batch, layers, h, n, m): a bipartite
            graph from target to source.

        Raises
        ------
        TypeError, ValueError
            If `source` or `target` are no integers of that shape, or not in the vocabularies.
        """
        encoded = self.encode(source)
        _check.tensor(target, "target", _check.INTEGERS, len(source), "n")
        return self._decode(encoded, source, target, return_weights)

    @torch.no_grad()
    def greedy(self, source, *, start, length):
        """Write `length` tokens, each the most likely one after those before it, never filling.

        Parameters
        ----------
        source : int Tensor, shape (batch, m)
        start : int
            The token to begin with.
        length : int
            At most the model's `target_length`.

        Returns
        -------
        tokens : int Tensor, shape (batch, length)
            Without the start token.
        weights : Tensor, shape (batch, layers, h, length, m)
            The cross weights with which each token was written.

        Raises
        ------
        TypeError, ValueError
            If `source` has another shape or type, or a number is out of range.
        """
        tokens = self.target.token.num_embeddings
        start = _validate.integer(start, "start", low=0, high=tokens - 1)
        length = _validate.integer(length, "length", low=1, high=self.target.max_length)
        encoded = self.encode(source)
        written = source.new_full((len(source), 1), start)
        for _ in range(length):
            logits, weights = self._decode(encoded, source, written, True)
            likeliest = logits[:, -1:, 1:].argmax(dim=-1) + 1  # number 0, the filling, is no token
            written = torch.cat([written, likeliest], dim=1)
        return written[:, 1:], weights

    def _decode(self, encoded, source, target, return_weights):
        x, collected = self.target(target), []
        for layer in self.decoder:
            x, weights = layer(x, encoded, source_mask=padding_mask(source))
            collected.append(weights)
        logits = self.predict(self.norms[1](x))
        return (logits, torch.stack(collected, dim=1)) if return_weights else logits


def stack(layer, num_layers, *sizes):
    """Return a number of layers of one kind and size as a `torch.nn.ModuleList`."""
    count = _validate.integer(num_layers, "num_layers", low=1)
    return nn.ModuleList(layer(*sizes) for _ in range(count))


def _network(d_model):
    """Return the small network that works on each token by itself, four times as wide within."""
    return nn.Sequential(
        nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model)
    )
