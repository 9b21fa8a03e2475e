"""A transformer taken apart, so that every step can be seen, changed and differentiated.

One forward pass for three kinds of model: the classifier of chapter 06 and Llama's family
normalise before each part of a layer, BERT after it. `open_model` takes the modules out of a model
that is there; it computes what the model computes, which the tests hold it to.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from course_lib.nn.answers import Classes, NextToken, Sentence
from course_lib.nn.attention import masked_softmax, merge_heads, split_heads
from course_lib.nn.rules import PLAIN, Norm


class Step(NamedTuple):
    """What one layer did with a batch of texts.

    Attributes
    ----------
    x, output : Tensor, shape (batch, n, d_model)
        What came in and what went out.
    weights : Tensor, shape (batch, h, n, n)
    values : Tensor, shape (batch, h, n, d_head)
        With their bias, one for each head also where heads share them.
    attended : Tensor, shape (batch, n, d_model)
        x plus what attention adds, before any norm.
    """

    x: torch.Tensor
    weights: torch.Tensor
    values: torch.Tensor
    attended: torch.Tensor
    output: torch.Tensor


@dataclasses.dataclass(frozen=True)
class Layer:
    """The modules of one layer.

    Attributes
    ----------
    query, key, value, output : torch.nn.Linear
    num_heads : int
    norms : pair of Norm
        Of attention and of the network.
    before : bool
        Whether a norm comes before its part, or after the residual sum.
    network : callable
        Of (x, rules).
    rotate : callable or None
        Turns queries and keys (batch, h, n, d_head) by their positions.
    """

    query: nn.Module
    key: nn.Module
    value: nn.Module
    output: nn.Module
    num_heads: int
    norms: tuple
    before: bool
    network: Callable
    rotate: Callable | None = None

    @property
    def head_outputs(self):
        """W_O cut by heads, shape (h, d_head, d_model)."""
        return self.output.weight.T.unflatten(0, (self.num_heads, -1))

    def __call__(self, x, mask, rules=PLAIN, heard=None):
        """Return the `Step` of (batch, n, d_model); values that are not `heard` are set to 0."""
        read = self.norms[0](x, rules) if self.before else x
        weights = self.weights(read, mask, rules)
        values = self.values(read)
        if heard is not None:  # (batch, n)
            values = values * heard[:, None, :, None]
        mixed = merge_heads(rules.product(weights @ values))
        attended = x + self.output(mixed)
        if self.before:
            output = attended + self.network(self.norms[1](attended, rules), rules)
        else:
            normed = self.norms[0](attended, rules)
            output = self.norms[1](normed + self.network(normed, rules), rules)
        return Step(x, weights, values, attended, output)

    def weights(self, read, mask, rules=PLAIN):
        """Return the attention weights (batch, h, n, n) of what attention reads."""
        query, key = self._heads(self.query(read)), self._heads(self.key(read))
        if self.rotate is not None:
            query, key = self.rotate(query), self.rotate(key)
        logits = rules.product(query @ key.mT) / math.sqrt(query.shape[-1])
        return masked_softmax(logits, mask)

    def values(self, read):
        """Return the values (batch, h, n, d_head) of what attention reads."""
        return self._heads(self.value(read))

    def _heads(self, x):
        """Cut into heads; where several share one, it is repeated for each."""
        d_head = self.output.in_features // self.num_heads
        heads = split_heads(x, x.shape[-1] // d_head)
        return heads.repeat_interleave(self.num_heads // heads.shape[1], dim=1)


class Network(NamedTuple):
    """The small network on each token, with a gate as in Llama or without one."""

    up: nn.Module
    down: nn.Module
    activation: Callable
    gate: nn.Module | None = None

    def __call__(self, x, rules):
        """Return what it adds to (batch, n, d_model)."""
        if self.gate is None:
            return self.down(rules.activation(self.activation, self.up(x)))
        opened = rules.activation(self.activation, self.gate(x))
        return self.down(rules.product(opened * self.up(x)))


@dataclasses.dataclass(frozen=True)
class OpenTransformer:
    """A model as its embedding, its layers, and what it makes of the last layer's output.

    Attributes
    ----------
    embed : callable
        int Tensor (batch, n) -> (batch, n, d_model): what the first layer reads.
    layers : list of Layer
    answer : course_lib.nn.answers.Sentence, Classes or NextToken
    causal : bool
    vocabulary : int
        How many tokens there are.
    """

    embed: Callable
    layers: list
    answer: object
    causal: bool
    vocabulary: int

    def steps(self, x, seen=None, rules=PLAIN, heard=None):
        """Return the `Step` of each layer.

        Parameters
        ----------
        x : Tensor, shape (batch, n, d_model)
            As from `embed`.
        seen : bool Tensor, shape (batch, n), optional
            Tokens that are not are hidden from all others, in every layer.
        rules : Rules, optional
        heard : bool Tensor, shape (batch, n), optional
            The values of tokens that are not are set to 0 in every layer; they can still be
            attended to. Weights of later layers follow from what the others have become.
        """
        mask = self.mask(x, seen)
        steps = []
        for layer in self.layers:
            steps.append(layer(x, mask, rules, heard))
            x = steps[-1].output
        return steps

    def mask(self, x, seen=None):
        """Return who may attend to whom, (batch, 1, n, n)."""
        batch, n, _ = x.shape
        mask = torch.ones(n, n, dtype=torch.bool)
        mask = (mask.tril() if self.causal else mask).expand(batch, 1, n, n)
        return mask if seen is None else mask & seen[:, None, None, :]

    def __call__(self, x, seen=None, rules=PLAIN):
        """Return the answer (batch, k) for embedded texts; parameters as for `steps`."""
        seen = torch.ones(x.shape[:2], dtype=torch.bool) if seen is None else seen
        return self.answer(self.steps(x, seen, rules)[-1].output, seen, rules)


def open_model(model):
    """Return an `OpenTransformer` of a model that is there.

    Parameters
    ----------
    model : TextClassifier, transformers.BertModel or transformers.LlamaForCausalLM

    Returns
    -------
    OpenTransformer
        With the model's own parameters. The answer of BERT is the mean of its outputs;
        ``dataclasses.replace(opened, answer=Sentence("first"))`` is explained at ``[CLS]``.

    Raises
    ------
    TypeError
        If it is another kind of model.
    """
    kinds = {"TextClassifier": _classifier, "BertModel": _bert, "LlamaForCausalLM": _llama}
    for kind in type(model).__mro__:
        if kind.__name__ in kinds:
            return kinds[kind.__name__](model)
    raise TypeError(f"model must be one of {', '.join(kinds)}, got {type(model).__name__}")


def _classifier(model):
    layers = [
        Layer(
            query=layer.attention.query,
            key=layer.attention.key,
            value=layer.attention.value,
            output=layer.attention.output,
            num_heads=layer.attention.num_heads,
            norms=tuple(map(Norm, layer.norms)),
            before=True,
            network=Network(layer.network[0], layer.network[2], layer.network[1]),
        )
        for layer in model.layers
    ]
    answer = Classes(Norm(model.norm), model.classify)
    words = model.embedding.token.num_embeddings
    return OpenTransformer(model.embedding, layers, answer, causal=False, vocabulary=words)


def _bert(model):
    layers = [
        Layer(
            query=layer.attention.self.query,
            key=layer.attention.self.key,
            value=layer.attention.self.value,
            output=layer.attention.output.dense,
            num_heads=model.config.num_attention_heads,
            norms=(Norm(layer.attention.output.LayerNorm), Norm(layer.output.LayerNorm)),
            before=False,
            network=Network(
                layer.intermediate.dense,
                layer.output.dense,
                layer.intermediate.intermediate_act_fn,
            ),
        )
        for layer in model.encoder.layer
    ]
    words = model.config.vocab_size
    return OpenTransformer(model.embeddings, layers, Sentence(), causal=False, vocabulary=words)


def _llama(model):
    def rotate(x):
        """Rotary positions (Su et al. 2021): the halves of a head turned against each other."""
        cos, sin = model.model.rotary_emb(x, torch.arange(x.shape[2])[None])
        first, second = x.chunk(2, dim=-1)
        return x * cos + torch.cat([-second, first], dim=-1) * sin

    layers = [
        Layer(
            query=layer.self_attn.q_proj,
            key=layer.self_attn.k_proj,
            value=layer.self_attn.v_proj,
            output=layer.self_attn.o_proj,
            num_heads=model.config.num_attention_heads,
            norms=(Norm(layer.input_layernorm), Norm(layer.post_attention_layernorm)),
            before=True,
            network=Network(
                layer.mlp.up_proj, layer.mlp.down_proj, layer.mlp.act_fn, layer.mlp.gate_proj
            ),
            rotate=rotate,
        )
        for layer in model.model.layers
    ]
    answer = NextToken(Norm(model.model.norm), model.lm_head)
    embed, words = model.model.embed_tokens, model.config.vocab_size
    return OpenTransformer(embed, layers, answer, causal=True, vocabulary=words)
