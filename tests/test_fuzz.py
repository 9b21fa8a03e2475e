"""Hostile arguments to every public function of the NumPy side, drawn at random, seed fixed.

Whatever is asked, the outcome is an answer of the right type, finite, or a TypeError or ValueError
that names a parameter; what came in is unchanged; nothing warns (pytest makes an error of it) and
nothing runs for ever. A wrong value of one parameter is refused by its name.
"""

import copy
import functools
import inspect
import math
import random
import re
import signal
import tempfile
from importlib import import_module
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch
from ipywidgets import Widget
from matplotlib.figure import Figure

import course_lib
from course_lib import attention as a
from course_lib import centrality as c
from course_lib import data as d
from course_lib import explain as e
from course_lib import flow as f
from course_lib import graph as g
from course_lib import heads as h
from course_lib import models
from course_lib import patterns as p
from course_lib import plots as pl
from course_lib import rollout as r
from course_lib import sparsity as sp
from course_lib import widgets as wi
from course_lib.chapters.ch06_nlp import dates, sentiment
from course_lib.chapters.ch12_pooling import bags, graph_classes
from course_lib.data import digits
from course_lib.data.vocabulary import Vocabulary
from course_lib.explain import context_mixing, methods, tournament
from course_lib.models import recording
from tests.support.bounded import bounded
from tests.support.hostile import (
    NAN,
    NONE,
    Kind,
    choice,
    count,
    flag,
    graph,
    image,
    logits,
    mask,
    matrix,
    name_of,
    number,
    place,
    positions_of,
    rng,
    share,
    text,
    token_numbers,
    tokens,
    weights,
    whole,
)
from tests.support.models import HAS_EXTRA, tokenizer
from tests.support.models import make as make_model

SENT = {"weights", "tokens", "shape"}  # what live figures send of a model
SECONDS = 20  # after so long a call is taken to hang
CALLS, CALLS_OF_SLOW = 30, 4  # of each function with arguments that are drawn

# What a token does to itself when it is left out, and the loss of the first token, are NaN.
WITH_GAPS = {d.load_leave_one_out, d.load_recording, d.load_tournament}
LABELS = ("xlabel", "ylabel", "title")


def _reading():
    """Return composition scores of a model of two layers of two heads."""
    scores = np.zeros((2, 2, 2, 2))
    scores[0, :, 1] = [[0.5, 0.25], [1, 0]]
    return scores


W, HEADS = weights(3, 3), weights(2, 3, 3)
CROSS, CROSS_HEADS = weights(2, 3, square=False), weights(2, 2, 3, square=False)
MASK = mask(3, 3)
RECORDABLE = weights(2, 2, 2, 3, square=False)
MODEL = weights(2, 2, 3, 3)
LAYERS = Kind(MODEL.good + HEADS.good, MODEL.wrong, MODEL.alike).also(np.eye(3))
ONE_MODEL = LAYERS.also(np.ones((1, 1, 1, 1, 1)))
ROLLOUT = {"residual": share(), "fusion": choice("mean", "max"), "start_layer": place(2)}
GRAPHS = graph(
    [
        lambda: g.attention_graph([[0.9, 0.1], [0.4, 0.6]], ["$a$", "$b$"], direction="flow"),
        lambda: g.attention_graph([[0.5, 0.5, 0]], key_tokens=["<!--", "b", "c"]),
        lambda: nx.DiGraph([(np.int64(0), 1.0, {"weight": 0.5})]),
    ]
)
DRAWN = Kind([GRAPHS.good[0], GRAPHS.good[2]], GRAPHS.wrong)
VOCABULARY = Vocabulary("abc")
RECURRING = Kind(tokens(6).good[:7], tokens(6).wrong, 7).also(range(6), None)
DRAWN_MODEL = {"weights": weights(2, 2, 3, 3), "tokens": tokens(3)}
PICTURE = {"title": text(), "annotate": choice("auto", True, False)}

MIXING = {
    "weights": CROSS_HEADS,
    "values": matrix(2, 3, 2).also(np.full((2, 3, 2), 1e200), np.ones((2, 2, 2)), np.ones((3, 2))),
    "output": matrix(2, 2, 4).also(np.full((2, 2, 4), 1e200), np.ones((2, 3, 4)), np.ones((2, 4))),
}
PARTS = matrix(2, 3, 4, positive=True).also(
    np.full((2, 3, 4), 1e308), np.ones((2, 3)), np.zeros((2, 3, 4))
)
WHOLE = matrix(2, 4, positive=True).also(np.full((2, 4), 1e308), np.ones((2, 3)), np.ones((3, 4)))
SQUARE = np.full((2, 3, 3), 1 / 3)
TRACE = e.Trace("mean", np.full((2, 2, 3, 3), 1 / 3), np.ones((2, 2, 3, 3)), *[SQUARE] * 3,
                np.ones(3), np.ones(3))  # fmt: skip
TEXT = d.load_tournament("opinions")[0]
JUDGED = {
    "text": Kind([lambda: TEXT], []).also(None, 5, "a", [TEXT], {"drops": TEXT.drops}),
    "method": choice("ALTI", "AttnLRP"),
}


def steering():
    """Return strengths between three layers of two heads, of later heads by earlier ones."""
    strengths = 0.6 * np.random.default_rng(0).random((3, 2, 3, 2))
    return strengths * (np.less.outer(np.arange(3), np.arange(3)))[:, None, :, None]


PLACE = tempfile.TemporaryDirectory()  # of one recording, for as long as this process lives
RECORDED = Path(PLACE.name, "recording.npz")
RECORDING = models.Recording("decoder", np.full((1, 2, 2, 2), 0.5), [*"ab"], [*"ab"])
RECORDING.save(RECORDED)
FILE = Kind([lambda: RECORDED, lambda: str(RECORDED)], [], 2).also(
    None, 0, True, b"name", [], ..., "a\0b"
)


class Recorder:
    """`models.record` of one small model, which must be left as it was, and told as it is."""

    def __init__(self, name, **changes):
        self.make = functools.cache(functools.partial(make_model, name, **changes))
        self.__qualname__ = f"record_{name}"

    def __call__(
        self, text, *, target=None, tokenizer=None, processor=None, memory_limit, progress
    ):
        model, before = self.make(), self.state()
        try:
            recording = models.record(
                model,
                text,
                target=target,
                tokenizer=tokenizer,
                processor=processor,
                memory_limit=memory_limit,
                progress=progress,
            )
        finally:
            assert self.state() == before, "the model was changed"
        for one in recording.graphs().values():
            assert one.weights.shape[1] == np.max(model.config.num_attention_heads)
            assert one.weights.shape[2:] == (len(one.queries), len(one.keys))
            assert abs(one.weights.sum(axis=-1) - 1).max() < 1e-6
        return recording

    def state(self):
        model = self.make()
        return (
            model.training,
            model.config._attn_implementation,
            sum(map(torch.Tensor.sum, model.parameters())).item(),
        )


@functools.cache
def bert_tokenizer():
    return tokenizer("##", ["a text of a few words", "hello world"] * 3)


RECORD = {
    "text": token_numbers(),
    "target": Kind([NONE], []).also([1], "a", 5),
    "tokenizer": Kind([NONE], []).also(5, "bert", len, object()),
    "processor": Kind([NONE], []),
    "memory_limit": whole(2**20, wrong=(1,), bound=1),
    "progress": flag(),
}
# One of each family, some as small as they come: one head, all queries with the same keys.
RECORDERS = {
    Recorder("GPT2LMHeadModel", n_layer=1, n_head=1): RECORD,
    Recorder("LlamaForCausalLM", num_key_value_heads=1, max_position_embeddings=20): RECORD,
    Recorder("T5ForConditionalGeneration", num_decoder_layers=1): {
        **RECORD,
        "text": token_numbers(most=None),
        "target": token_numbers(most=None).or_none(),
    },
    Recorder("BertModel"): {
        **RECORD,
        "text": Kind([lambda: "hello world", lambda: "\0 猫 <!--"], []).also(
            "", " \n", "\ud800", "猫\udcff", 5, None, b"hello"
        ),
        "tokenizer": Kind([bert_tokenizer], []).also(5, "bert", len, object()),
    },
    Recorder("ViTModel"): {
        **RECORD,
        "text": image(),
        "tokenizer": Kind([NONE], []),
        "processor": Kind([NONE], []).also(5, "a", len, dict),
    },
}

SPECS = {
    a.softmax: {"logits": logits(3, 3), "axis": whole(-2, 1, wrong=(2,))},
    a.attention_logits: {
        "query": matrix(2, 4),
        "key": matrix(3, 4).also(np.ones((3, 5)), np.full((3, 4), 1e308)),
        "scale": number().or_none(),
    },
    a.attention: {
        "query": matrix(2, 4).also(np.ones((2, 3))),
        "key": matrix(3, 4),
        "value": matrix(3, 2).also(np.ones((2, 2))),
        "mask": mask(2, 3).or_none(),
        "scale": number().or_none(),
    },
    a.causal_mask: {"n": count()},
    a.padding_mask: {
        "lengths": Kind([lambda: [1, 3], lambda: np.array([2]), lambda: iter([1])], []).also(
            [0, 1], [6], [1.5], 2, None, [], "a", {1: 1}, [True], [[1]], {1, 2}
        ),
        "n": whole(4, 5, wrong=(2**63 - 1,), bound=1),
    },
    a.split_heads: {"x": matrix(3, 4), "num_heads": whole(1, 2, wrong=(3, 2**70))},
    a.merge_heads: {"x": matrix(2, 3, 4).also(np.ones((2, 2)))},
    a.multi_head_attention: {
        "x": matrix(3, 4),
        **{
            name: matrix(4, 4).also(np.ones((4, 3)), np.full((4, 4), 1e308))
            for name in ("w_q", "w_k", "w_v", "w_o")
        },
        "num_heads": whole(1, 2, wrong=(3, 2**70)),
        "mask": mask(3, 3).or_none(),
    },
    a.entropy: {"weights": CROSS},
    c.in_strength: {"weights": CROSS_HEADS},
    c.pagerank: {"weights": W, "damping": share(one=False)},
    c.stationary_distribution: {"weights": HEADS.also(np.eye(3))},
    c.hits: {"weights": Kind(W.good[: W.alike], W.wrong, W.alike).also(np.eye(3))},
    c.betweenness: {"weights": W},
    c.closeness: {"weights": HEADS},
    c.remove_tokens: {"weights": W, "positions": positions_of(3).also([0, 1, 2])},
    c.rank_correlation: {name: matrix(3).also([1.0, 1.0, 1.0]) for name in ("first", "second")},
    c.row_correlations: {
        name: Kind(matrix(4, 4).good[:10], matrix(4, 4).wrong, 10).also(
            np.ones((4, 4)), np.eye(2), np.ones((4, 3))
        )
        for name in ("matrix", "effects")
    },
    e.value_parts: MIXING,
    e.value_aware_weights: MIXING,
    e.alti: {"parts": Kind(PARTS.good[: PARTS.alike], PARTS.wrong, PARTS.alike), "whole": WHOLE},
    e.gradient_rollout: {
        "weights": MODEL,
        "gradients": matrix(2, 2, 3, 3).also(np.full((2, 2, 3, 3), 1e308), np.ones((2, 2, 3, 2))),
    },
    e.mixed_through: {
        "layers": matrix(2, 3, 3, positive=True).also(
            np.full((2, 3, 3), 1e308), np.ones((2, 3, 2)), np.zeros((2, 3, 3))
        )
    },
    e.row_shares: {
        "matrices": matrix(2, 3, positive=True).also([[1e308] * 3] * 2, [[1.0, -1.0]], [[0.0, 0.0]])
    },
    e.explanations: {
        "trace": Kind([lambda: TRACE], []).also(None, 5, "a", W.good[0]()),
        "tokens": tokens(3),
        "rng": rng(),
    },
    e.agreement: {
        **JUDGED,
        "special": flag(),
        "signed": flag(),
        "way": choice("hidden", "silenced"),
    },
    e.pair_agreement: JUDGED,
    e.area: {"curve": matrix(4).also([1e308] * 4)},
    e.order: {
        "scores": matrix(3),
        "judged": Kind([lambda: [True, False, True]], []).also([1, 0, 1], [True], None, "abc"),
        "size": flag(),
    },
    e.permutation_null: {
        "texts": Kind([lambda: [TEXT]], []).also(None, [], [5], TEXT.drops, "a"),
        "rng": rng(),
        "draws": whole(1, 3, wrong=(2**70,)),
        "special": flag(),
    },
    e.paired: {
        "first": matrix(3).also([1e308, 0, 0]),
        "second": matrix(3).also(np.ones(2), [1e308, 0, 0]),
        "rng": rng(),
        "draws": whole(1, 3, wrong=(2**70,)),
    },
    f.layered_graph: {"weights": ONE_MODEL, **ROLLOUT},
    f.max_flow: {"weights": ONE_MODEL, "output": place(3), "input": place(3), **ROLLOUT},
    f.attention_flow: {"weights": LAYERS, **ROLLOUT, "progress": flag()},
    f.flow_from: {"weights": LAYERS, "output": place(3), **ROLLOUT},
    g.attention_graph: {
        "weights": CROSS,
        "tokens": tokens(2),
        "key_tokens": tokens(3),
        "direction": choice("attends", "flow"),
        "threshold": share(),
    },
    g.composition_graph: {
        "scores": Kind([_reading], matrix(2, 2, 2, 2).wrong).also(
            np.ones((2, 2, 2, 2)), -_reading(), 2 * _reading(), np.zeros((2, 1, 1, 2))
        ),
        "threshold": share(),
    },
    g.attention_multigraph: {
        "weights": CROSS_HEADS,
        "tokens": tokens(2),
        "key_tokens": tokens(3),
        "direction": choice("attends", "flow"),
        "threshold": share(),
    },
    g.attention_matrix: {"graph": GRAPHS},
    g.top_edges: {"weights": CROSS_HEADS, "k": whole(1, 12, wrong=(13, 2**70))},
    g.kept_mass: {"weights": CROSS_HEADS, "threshold": share()},
    h.offset_score: {"weights": HEADS, "offset": whole(-2, 2, wrong=(3, 2**70))},
    h.position_score: {"weights": CROSS_HEADS, "positions": positions_of(3).also([])},
    **{
        score: {"weights": weights(2, 6, 6), "tokens": RECURRING}
        for score in (h.duplicate_score, h.induction_score)
    },
    h.composition_score: {
        "reader": matrix(3, 4).also(np.zeros((3, 4))),
        "writer": matrix(4, 2).also(np.zeros((4, 2)), np.ones((3, 2))),
    },
    h.head_distance: {"first": CROSS_HEADS, "second": CROSS.also(np.eye(2))},
    p.window_pattern: {"n": count(), "radius": whole(0)},
    p.dilated_pattern: {"n": count(), "radius": whole(0), "dilation": whole(1)},
    p.global_pattern: {
        "n": whole(3, 4, wrong=(2**63 - 1,), bound=1),
        "positions": Kind(positions_of(3).good[2:], []).also(
            0, [9], [-1], [0.5], [True], "0", None, {0: 1}, {0}, [[0]]
        ),
    },
    p.random_pattern: {
        "n": whole(3, 4, wrong=(2**63 - 1,), bound=1),
        "k": place(3),
        "rng": rng(),
    },
    p.expander_pattern: {"n": count(), "d": whole(1, 3, wrong=(0, 2**63 - 1)), "rng": rng()},
    p.spectral_gap: {
        "pattern": Kind(MASK.good, MASK.wrong[:6], MASK.alike).also(
            np.ones((2, 3), bool), np.zeros((2, 2), bool)
        )
    },
    p.random_order: {"n": count(), "rng": rng()},
    p.block_pattern: {"n": count(), "size": whole(1)},
    p.layers_to_full_reach: {
        "pattern": Kind(MASK.good, MASK.wrong[:6], MASK.alike).also(np.ones((2, 3), bool))
    },
    r.rollout: {"weights": LAYERS, "discard": share(one=False), **ROLLOUT},
    r.rollout_row: {
        "weights": LAYERS,
        "output": place(3),
        "discard": share(one=False),
        **ROLLOUT,
    },
    r.residual_layers: {"weights": LAYERS, "discard": share(one=False), **ROLLOUT},
    r.distance_from_rank_one: {"matrix": matrix(3, 4).also(np.zeros((2, 2)))},
    sp.threshold: {"weights": CROSS, "cutoff": share()},
    sp.top_k: {"weights": CROSS, "k": whole(1, 3, wrong=(4, 2**70))},
    sp.kept_mass: {"weights": CROSS, "sparse": CROSS.also(np.eye(3))},
    sp.error_bound: {
        "weights": CROSS,
        "sparse": CROSS.also(np.eye(3)),
        "values": matrix(3, 2).also(
            np.ones((2, 2)), np.full((3, 2), 1e308), np.ones((2, 3, 2)), np.ones(3)
        ),
    },
    sp.sparsemax: {"logits": logits(3, 3), "axis": whole(-2, 1, wrong=(2,))},
    sp.entmax15: {"logits": logits(3, 3), "axis": whole(-2, 1, wrong=(2,))},
    Vocabulary: {
        "symbols": Kind([lambda: "ab", lambda: ["a", "a"], lambda: iter("ab")], []).also(
            5, None, [1], [None], b"ab", ["a", 1], {"a": 1}, pd.DataFrame({"a": [1]})
        )
    },
    VOCABULARY.encode: {
        "texts": Kind([lambda: ["ab", "c"], lambda: [], lambda: iter([["a"]])], []).also(
            "ab", 5, None, ["d"], [5], [None], {"a": "b"}, [b"ab"], pd.DataFrame({"a": ["b"]})
        ),
        "length": whole(2, 5, wrong=(2**40,)).or_none(),
    },
    VOCABULARY.decode: {
        "numbers": Kind([lambda: [[1, 2, 0]], lambda: np.array([[3, 0]]), lambda: []], []).also(
            [[-1]],
            [[4]],
            [[1.0]],
            [1],
            5,
            None,
            "ab",
            [["a"]],
            [[True]],
            {1: 2},
            pd.DataFrame({"a": [1]}),
        )
    },
    d.available: {"model": choice("minilm", "smollm2")},
    d.load_attention: {"name": name_of("short"), "model": choice("minilm")},
    d.load_recording: {"name": name_of("names"), "model": choice("smollm2")},
    d.load_head_vectors: {"name": name_of("agreement"), "model": choice("minilm", "smollm2")},
    d.load_predictions: {"name": name_of("names")},
    d.provenance: {"model": choice("minilm", "smollm2")},
    d.load_knockout: {"name": name_of("short")},
    d.load_leave_one_out: {"name": name_of("short")},
    d.load_runs: {"task": name_of("dates")},
    d.load_tournament: {"contest": choice("opinions", "smollm2 earlier")},
    digits.split_digits: {"test": whole(1, 9, wrong=(1797, 2**70))},
    bags.make_bags: {
        "count": whole(1, 4, wrong=(10_001, 2**70)),
        "rng": rng(),
        "split": choice("train", "test"),
    },
    dates.make_dates: {"count": whole(1, 4, wrong=(20_001, 2**70)), "rng": rng()},
    dates.alignment: {"written": name_of("3 may 2026").also("", "may", "3 may 20")},
    sentiment.make_opinions: {
        "count": whole(1, 4, wrong=(20_001, 2**70)),
        "rng": rng(),
        "unseen_combinations": flag(),
    },
    graph_classes.make_graphs: {"count": whole(1, 4, wrong=(10_001, 2**70)), "rng": rng()},
    models.Recording: {
        "kind": choice("encoder", "decoder", "cross"),
        "weights": Kind(RECORDABLE.good, RECORDABLE.wrong),
        "queries": tokens(2),
        "keys": tokens(3),
    },
    models.load: {"path": FILE},
    RECORDING.save: {"path": FILE},
    pl.attention_heatmap: {
        "weights": CROSS,
        "tokens": tokens(2),
        "key_tokens": tokens(3),
        "vmax": share(zero=False).also(0, "most"),
        "scale": choice("linear", "log"),
        "mask": mask(2, 3).or_none(),
        **PICTURE,
    },
    pl.difference_heatmap: {
        "first": Kind(W.good, CROSS.wrong, W.alike),
        "second": W.also(np.eye(2)),
        "tokens": tokens(3),
        "vmax": share(zero=False).also(0, "most"),
        "order": Kind([NONE, lambda: [2, 0, 1], lambda: np.arange(3)], []).also(
            [0, 1], [0, 1, 1], [0.5, 1, 2], "abc", 5, [[0, 1, 2]]
        ),
        **PICTURE,
    },
    pl.heads_heatmaps: {
        "weights": CROSS_HEADS.also(W.good[0]()),
        "tokens": tokens(2),
        "title": text(),
        "ncols": whole(1, 6, wrong=(7,)),
        "vmax": share(zero=False).also(0, "most"),
        "scale": choice("linear", "log"),
    },
    pl.draw_attention_graph: {
        "graph": DRAWN,
        "layout": choice("circle", "rows"),
        "title": text(),
    },
    pl.lines: {
        "x": matrix(3, positive=True),
        "series": Kind([lambda: {"a": [1, 2, 3]}], []).also(
            [1, 2, 3],
            {},
            None,
            {"a": [1, 2]},
            {"a": "abc"},
            {"a": [1, NAN, 2]},
            {"\ud800": [1, 2, 3]},
        ),
        **{label: Kind([lambda: "a", lambda: "$a$"], []).also(5, None, b"a") for label in LABELS},
        "alt": Kind([lambda: "It rises."], []).also("", " ", 5, None, "\ud800"),
        "xscale": choice("linear", "log"),
        "yscale": choice("linear", "log"),
    },
    pl.spectral_order: {"weights": W},
    wi.attention_explorer: {
        **DRAWN_MODEL,
        "layer": place(2),
        "head": place(2).or_none(),
        "threshold": share(),
        "direction": choice("attends", "flow"),
        "layout": choice("circle", "rows"),
    },
    wi.flow_explorer: {
        **DRAWN_MODEL,
        "output": place(3),
        "input": place(3),
        "first_layer": whole(0, 0, wrong=(2, 2**70)),
        "last_layer": whole(1, 1, wrong=(2,), bound=0).or_none(),
        "residual": share(),
    },
    wi.head_graph: {
        "composition": Kind(
            [steering, lambda: steering().tolist(), lambda: {"key": steering()}], []
        ).also(
            None,
            "text",
            [],
            {},
            {"key": None},
            np.eye(3),
            -steering(),
            NAN * steering(),
            steering()[0],
        ),
        "scores": Kind([lambda: {"a": np.eye(3, 2)}], [])
        .or_none()
        .also("text", [np.eye(3, 2)], {"a": 2 * np.eye(3, 2)}, {"a": np.eye(2)}, {"a": None}),
        "heads": whole(2, 2, wrong=(3, 0)).or_none(),
        "threshold": share(one=False).or_none(),
        "head": Kind([lambda: (0, 1), lambda: [2, 0]], [])
        .or_none()
        .also(5, (3, 0), "ab", (0,), (0.5, 0)),
    },
    wi.heads_explorer: {
        **DRAWN_MODEL,
        "layer": place(2),
        "first": place(2),
        "second": place(2),
        "threshold": share(),
    },
    wi.heatmap_explorer: {
        **DRAWN_MODEL,
        **{
            name: Kind([lambda: (0, 1), lambda: [1, 0]], []).also(
                (0, 2), (-1, 0), 5, (0,), "ab", None, (0.5, 0), (True, 0)
            )
            for name in ("first", "second")
        },
        "scale": choice("shared", "own", "log"),
        "order": choice("sentence", "spectral"),
    },
    wi.ranking_explorer: {
        **DRAWN_MODEL,
        "layer": place(2),
        "head": place(2).or_none(),
        "measure": choice("pagerank", "hubs"),
        "damping": share(one=False),
        "removed": Kind(positions_of(3).good[2:], []).also(0, [9], [0, 0], [0.5], "0", None),
    },
    wi.rollout_explorer: {
        **DRAWN_MODEL,
        "residual": share(),
        "fusion": choice("mean", "max"),
        "depth": whole(1, 2, wrong=(3,)).or_none(),
        "output": place(3).or_none(),
    },
    wi.sparsity_explorer: {
        **DRAWN_MODEL,
        "values": matrix(3, 2).also(np.ones((2, 2))),
        "layer": place(2),
        "head": place(2).or_none(),
        "method": choice("threshold", "top k"),
        "cutoff": share(),
        "k": whole(1, 3, wrong=(4,)).or_none(),
    },
}
if HAS_EXTRA:
    SPECS |= RECORDERS
SLOW = {getattr(module, name) for module in (pl, wi) for name in module.__all__}
SLOW |= {*RECORDERS, models.load, RECORDING.save, digits.split_digits, bags.make_bags}
# What can be asked for only with other arguments than the good ones here.
ELSEWHERE = {(pl.attention_heatmap, "order")}
# What `models.record` adds to a recording, none of it checked but by the tests of its files.
ADDED = ("ids", "value_sizes", "no_value_sizes", "losses", "provenance", "decoder", "cross")
ELSEWHERE |= {(models.Recording, name) for name in ADDED}


# --- what is right of any outcome -----------------------------------------------------------------


def whole_answer(answer):
    """Tell whether all numbers of an answer are finite, however deep."""
    if isinstance(answer, np.ndarray):
        return answer.dtype != object and np.isfinite(answer).all()
    if isinstance(answer, float):
        return np.isfinite(answer)
    if isinstance(answer, dict):
        return all(map(whole_answer, answer.values()))
    if isinstance(answer, nx.Graph):
        return all(map(whole_answer, (data for *_, data in answer.edges(data=True))))
    if isinstance(answer, list | tuple):
        return all(map(whole_answer, answer))
    if isinstance(answer, models.Recording):
        return whole_answer(answer.weights)
    return answer is None or isinstance(answer, int | str | Vocabulary | Figure | Widget)


def same(first, second):
    if isinstance(first, pd.DataFrame | pd.Series | pd.Index):
        return first.equals(second)
    if isinstance(first, torch.Tensor):
        return torch.equal(first.detach(), second.detach())
    if isinstance(first, np.ndarray) and first.dtype.kind in "fc":
        return np.array_equal(first, second, equal_nan=True)
    if isinstance(first, np.ndarray):
        return np.array_equal(np.ma.getdata(first), np.ma.getdata(second))
    if isinstance(first, nx.Graph):
        return list(first.edges(data=True)) == list(second.edges(data=True))
    if isinstance(first, dict):
        return isinstance(second, dict) and same(list(first.items()), list(second.items()))
    if isinstance(first, list | tuple) and not any(part is first for part in first):
        # One by one: the text of long arrays takes long, and leaves out most of their numbers.
        of_a_kind = type(first) is type(second) and len(first) == len(second)
        return of_a_kind and all(map(same, first, second))
    return repr(first) == repr(second)


def copied(value):
    """Return a copy to compare with later; None of what cannot be compared, or changes by right."""
    if isinstance(value, np.random.Generator | torch.Generator) or hasattr(value, "__next__"):
        return None
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    try:
        return copy.deepcopy(value) if np.iterable(value) and not isinstance(value, type) else None
    except TypeError:  # the keys of a dict, for instance
        return None


def outcome(function, arguments):
    """Call a function; return its answer, or the error that names a parameter of it."""
    before = {name: copied(value) for name, value in arguments.items()}
    getattr(function, "make", bool)()  # a model is made before the time counts
    try:
        with bounded(SECONDS):
            answer = function(**arguments)
    except (TypeError, ValueError) as error:
        answer = error
    for name, value in before.items():
        assert value is None or same(value, arguments[name]), f"{name} was changed"
    if isinstance(answer, Exception):
        assert any(names(answer, name) for name in arguments), f"names no parameter: {answer!r}"
        assert "unexpected keyword" not in str(answer)
    else:
        assert whole_answer(answer) or function in WITH_GAPS, answer
        assert type(answer) in answers(function), type(answer)
    return answer


def names(error, parameter):
    return re.search(rf"\b{parameter}\b", str(error)) is not None


@functools.cache
def answers(function):
    """Return the types of a function's answers to plain arguments."""
    if function is p.layers_to_full_reach:
        return {int, type(None)}
    return {type(function(**{name: kind.good[0]() for name, kind in SPECS[function].items()}))}


def alike(first, second):
    """Tell whether two answers are the same but for the order in which sums were rounded."""
    if isinstance(first, pl.Picture):
        return first.alt == second.alt
    if isinstance(first, models.Recording):
        return alike(vars(first), vars(second))
    if isinstance(first, Widget):
        return first.children[-1].get_state(SENT) == second.children[-1].get_state(SENT)
    if isinstance(first, nx.Graph):
        return alike(list(first.nodes(data=True)), list(second.nodes(data=True))) and alike(
            list(first.edges(data=True)), list(second.edges(data=True))
        )
    if isinstance(first, dict):
        return alike(list(first.items()), list(second.items()))
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(alike, first, second))
    if isinstance(first, np.ndarray | float):
        return np.allclose(first, second, rtol=1e-12, atol=1e-15, equal_nan=True)
    return repr(first) == repr(second)


def drawn(values, function):
    """Yield arguments by name, drawn from lists of functions that make them.

    A value of a list is drawn as often as any other, or once more. Where they make fewer calls
    than are wanted, there are as many as that. To draw with Hypothesis took as long as the calls.
    """
    wanted = CALLS_OF_SLOW if function in SLOW else CALLS
    count = min(wanted, math.prod(map(len, values.values())))
    rng = random.Random(0)
    columns = [
        rng.sample(makers * math.ceil(count / len(makers)), count) for makers in values.values()
    ]
    for row in zip(*columns, strict=True):
        yield dict(zip(values, (make() for make in row), strict=True))


def by_name(functions):
    return pytest.mark.parametrize(
        "function", functions, ids=[getattr(one, "__qualname__", str(one)) for one in functions]
    )


# --- the tests ------------------------------------------------------------------------------------


@by_name(SPECS)
def test_good_arguments_in_any_clothes_are_answered(function):
    good = {name: kind.good for name, kind in SPECS[function].items()}
    for arguments in drawn(good, function):
        answer = outcome(function, arguments)
        assert not isinstance(answer, Exception), (answer, arguments)


@by_name(SPECS)
def test_the_same_in_other_clothes_gives_the_same(function):
    def answer(**dressed):
        plain = {name: kind.good[0]() for name, kind in SPECS[function].items()}
        return outcome(function, plain | dressed)

    expected = answer()
    for name, kind in SPECS[function].items():
        for make in kind.good[1 : kind.alike : 4 if function in SLOW else 1]:
            found = answer(**{name: make()})
            assert type(found) is type(expected), (name, make(), found)
            assert alike(expected, found), (name, make(), found)


@by_name(SPECS)
def test_a_wrong_argument_is_refused_by_its_name(function):
    kinds = SPECS[function]
    for name, kind in kinds.items():
        for make in kind.wrong[:: 5 if function in SLOW - set(RECORDERS) else 1]:
            arguments = {other: kinds[other].good[0]() for other in kinds}
            answer = outcome(function, arguments | {name: make()})
            assert isinstance(answer, Exception), (name, make(), answer)
            assert names(answer, name), (name, make(), answer)


@by_name(SPECS)
def test_any_arguments_are_answered_or_refused(function):
    values = {name: kind.good * 2 + kind.wrong for name, kind in SPECS[function].items()}
    for arguments in drawn(values, function):
        outcome(function, arguments)


NO_MATHEMATICS = {"cli", "language", "source"}  # the command, sentences, listings


def public_functions():
    modules = (d, digits, bags, dates, sentiment, graph_classes)
    modules += (context_mixing, methods, tournament, models, recording)
    # Those of the library itself, so that a new one is asked as well.
    stems = {path.stem for path in Path(course_lib.__file__).parent.glob("[!_]*.py")}
    modules += tuple(import_module(f"course_lib.{stem}") for stem in stems - NO_MATHEMATICS)
    public = [
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == module.__name__
    ]
    return {*public, *(one for one in map(pl.__dict__.get, pl.__all__) if inspect.isfunction(one))}


# They take nothing, only what the library itself has made, or a model: `RECORDERS` have some.
NOT_HOSTILE = {
    d.load_head_effects, d.record, models.record, dates.write_date, sentiment.is_kept_back,
    sentiment.reversals, graph_classes.rewired, tournament.orders,
}  # fmt: skip


def test_every_public_function_and_parameter_is_asked():
    forgotten = {one.__qualname__ for one in public_functions() - NOT_HOSTILE - set(SPECS)}
    assert forgotten == set(), "SPECS above lacks these"
    for function, kinds in SPECS.items():
        left_out = {name for asked, name in ELSEWHERE if asked is function}
        assert set(inspect.signature(function).parameters) - left_out == set(kinds), function


# --- planted faults are seen ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        (lambda weights: np.full(3, np.nan), AssertionError),
        (lambda weights: [0.2, 0.3, 0.5], AssertionError),
        (lambda weights: weights.sort(), AssertionError),
        (lambda weights: {}["weights"], KeyError),
        (lambda weights: np.log(np.zeros(3)), RuntimeWarning),
        (lambda weights: [].index(5), AssertionError),
        (lambda weights: signal.raise_signal(signal.SIGALRM), AssertionError),
    ],
)
def test_a_planted_fault_is_seen(planted, seen, monkeypatch):
    def answered(function):
        return {np.ndarray}

    monkeypatch.setattr(f"{__name__}.answers", answered)
    with pytest.raises(seen):
        outcome(planted, {"weights": np.array([3.0, 2.0, 1.0])})


def test_a_wrong_argument_that_is_answered_is_seen(monkeypatch):
    def careless(weights):
        if isinstance(weights, np.ma.MaskedArray):
            return weights.data.sum(axis=-2)
        return c.in_strength(weights)

    monkeypatch.setitem(SPECS, careless, {"weights": W})
    with pytest.raises(AssertionError, match="masked_array"):
        test_a_wrong_argument_is_refused_by_its_name(careless)


def test_clothes_that_make_a_difference_are_seen(monkeypatch):
    def careless(weights):
        return c.in_strength(np.asarray(weights).ravel(order="K").reshape(3, 3))

    monkeypatch.setitem(SPECS, careless, {"weights": W})
    with pytest.raises(AssertionError):
        test_the_same_in_other_clothes_gives_the_same(careless)
