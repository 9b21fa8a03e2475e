"""The models of chapter 06: a classifier of texts and a translator.

Tokens are numbers, and 0 is the padding behind short texts.
"""

from collections.abc import Iterable

import torch
from torch import nn

from course_lib import _validate
from course_lib.data.vocabulary import PAD
from course_lib.nn.attention import padding_mask
from course_lib.nn.transformer import DecoderLayer, EncoderLayer, stack


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
        _validate.tensor(tokens, self.name, _validate.INTEGERS, "batch", "n")
        _validate.together(tokens, self.name, self.token.weight, "the module's parameters")
        _validate.within(tokens, self.name, 0, self.token.num_embeddings - 1)
        n = tokens.shape[1]
        if n > self.max_length:
            raise ValueError(f"{self.name} must be at most {self.max_length} long, got {n}")
        vectors = self.token(tokens)  # (batch, n, d_model)
        if self.position is None:
            return vectors
        return vectors + self.position(torch.arange(n, device=tokens.device))  # + (n, d_model)


class TextClassifier(nn.Module):
    """An encoder whose outputs are averaged over the tokens and sorted into classes.

    Parameters
    ----------
    vocabulary, classes, max_length : int
        How many tokens there are (0 is the padding), how many classes, the longest text.
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
            Tell which rows of `x` are padding.
        weights : Tensor, shape (batch, layers, h, n, n), or sequence of (Tensor or None), optional
            Attention that takes the place of the model's own: a graph that somebody else has drawn.
            As it is returned, or one for each layer; see `course_lib.nn.attention`.
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
        _validate.tensor(tokens, "tokens", _validate.INTEGERS, "batch", "n")
        mask = padding_mask(tokens)  # (batch, 1, n)
        _validate.tensor(x, "x", _validate.FLOATS, *tokens.shape, self.classify.in_features)
        _validate.alike(x, "x", self.classify.weight, "the module's parameters")
        x = x.masked_fill(~((tokens != PAD).unsqueeze(-1) | x.isfinite()), 0)  # 0 times NaN is NaN
        if isinstance(weights, torch.Tensor):
            sizes = "batch", len(self.layers), "h", *[tokens.shape[1]] * 2
            weights = _validate.tensor(weights, "weights", _validate.FLOATS, *sizes).unbind(1)
        elif weights is not None and not isinstance(weights, Iterable):
            raise TypeError(f"weights must be a tensor or one for each layer, got {weights!r}")
        given = [None] * len(self.layers) if weights is None else list(weights)
        if len(given) != len(self.layers):
            raise ValueError(
                f"weights must be one for each of {len(self.layers)} layers, got {len(given)}"
            )
        collected = []
        for layer, its_weights in zip(self.layers, given, strict=True):
            x, used = layer(x, mask=mask, weights=its_weights)  # used: (batch, h, n, n)
            collected.append(used)
        real = (tokens != PAD).unsqueeze(-1)  # (batch, n, 1)
        mean = (self.norm(x) * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)  # (batch, d_model)
        logits = self.classify(mean)  # (batch, classes)
        return (logits, torch.stack(collected, dim=1)) if return_weights else logits


class Translator(nn.Module):
    """An encoder and a decoder with cross-attention, for short texts.

    Parameters
    ----------
    source_vocabulary, target_vocabulary : int
        How many tokens there are; 0 is the padding of both.
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
        x = self.source(source)  # (batch, m, d_model)
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
        encoded = self.encode(source)  # (batch, m, d_model)
        _validate.tensor(target, "target", _validate.INTEGERS, len(source), "n")
        nothing = [None] * len(self.decoder)
        logits, weights, _ = self._decode(self.target(target), encoded, source, nothing)
        return (logits, torch.stack(weights, dim=1)) if return_weights else logits

    @torch.no_grad()
    def greedy(self, source, *, start, length):
        """Write `length` tokens, each the most likely one after those before it, never padding.

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
        encoded = self.encode(source)  # (batch, m, d_model)
        written = source.new_full((len(source), 1), start)  # (batch, signs so far)
        before, used = [None] * len(self.decoder), []
        for _ in range(length):
            # What has been written does not change: only its last sign goes through the layers.
            x = self.target(written)[:, -1:]
            logits, weights, before = self._decode(x, encoded, source, before)
            likeliest = logits[..., 1:].argmax(dim=-1) + 1  # (batch, 1); 0, padding, is no token
            written = torch.cat([written, likeliest], dim=1)
            used.append(torch.stack(weights, dim=1))
        return written[:, 1:], torch.cat(used, dim=3)

    def _decode(self, x, encoded, source, before):
        """Return logits (batch, n, target_vocabulary), and cross weights and input of each layer.

        `before` is the input of each layer at the positions in front of those of `x`, or None.
        """
        collected, got = [], []
        for layer, earlier in zip(self.decoder, before, strict=True):
            got.append(x if earlier is None else torch.cat([earlier, x], dim=1))
            x, weights = layer(x, encoded, source_mask=padding_mask(source), before=earlier)
            collected.append(weights)  # (batch, h, n, m)
        return self.predict(self.norms[1](x)), collected, got
