"""What is shown of a recording: its live figures, or a still one where it is too long for them."""

import base64
import io
from typing import NamedTuple

import ipywidgets
import numpy as np

from course_lib import widgets
from course_lib.models.recording import Recording
from course_lib.plots import attention_heatmap
from course_lib.widgets.shared.weights import MOST_TOKENS
from course_lib.widgets.sparsity.view import MOST_FEATURES

TITLES = {
    "encoder": "Attention of the encoder",
    "decoder": "Attention of the decoder",
    "cross": "Attention of the decoder to the encoder",
    "image": "Attention between the patches of the image",
}
# Name, title, what it is.
ATTENTION = ("attention", "Graph and heatmap", "One head, or the mean of a layer.")
HEATMAPS = ("heatmaps", "Two heads compared", "Two heads on one scale, and their difference.")
RANKING = ("ranking", "Centrality", "The tokens ranked by a measure; click one to remove it.")
ROLLOUT = ("rollout", "Rollout", "Where the walk from an output ends, through all layers.")
FLOW = ("flow", "Flow", "The most that can travel from an input to an output, and what limits it.")
SPARSITY = (
    "sparsity",
    "Sparsity",
    "Only strong edges. Each token's value is a unit vector of its own, so an output moves as far "
    "as its row of weights does.",
)

# How many tokens each figure draws.
MOST = {
    ATTENTION: MOST_TOKENS,
    HEATMAPS: MOST_TOKENS,
    RANKING: MOST_TOKENS,
    ROLLOUT: MOST_TOKENS,
    FLOW: MOST_TOKENS,
    SPARSITY: MOST_FEATURES,
}


class Shown(NamedTuple):
    """A figure on the page: live with its view and controls, or an image with its text."""

    name: str
    title: str
    text: str
    box: ipywidgets.VBox | None = None
    image: str = ""
    alt: str = ""


def shown(graph):
    """Return (notes, figures) of one graph of a recording.

    Parameters
    ----------
    graph : Recording

    Returns
    -------
    notes : list of str
        What the figures leave out, and why.
    figures : list of Shown
    """
    if graph.kind == "cross":
        return _cross(graph)
    n = len(graph.queries)
    names = [name for name in MOST if name != HEATMAPS or graph.layers * graph.heads > 1]
    short = {most: [name for name in names if MOST[name] == most < n] for most in MOST.values()}
    notes = [_note(names, most, graph) for most, names in short.items() if names]
    figures = [_live(name, graph) for name in names if n <= MOST[name] or graph.causal]
    return notes, ([_still(graph)] if n > MOST[HEATMAPS] else []) + figures


def _note(names, most, graph):
    titles = ", ".join(title for _, title, _ in names)
    note = f"{titles}: drawn for up to {most} tokens; here are {len(graph.queries)}"
    if not graph.causal:
        return f"{note}."
    return (
        f"{note}, so the first {most} are shown. These attend to nothing after them: their weights "
        "are complete."
    )


def _live(name, graph):
    if len(graph.queries) > MOST[name]:
        graph = _cut(graph, MOST[name])
    weights, tokens = graph.weights, graph.tokens
    make = {
        ATTENTION: lambda: widgets.attention_explorer(weights, tokens),
        HEATMAPS: lambda: widgets.heatmap_explorer(weights, tokens),
        RANKING: lambda: widgets.ranking_explorer(weights, tokens),
        ROLLOUT: lambda: widgets.rollout_explorer(weights, tokens, output=len(tokens) - 1),
        FLOW: lambda: widgets.flow_explorer(weights, tokens, output=len(tokens) - 1),
        SPARSITY: lambda: widgets.sparsity_explorer(weights, tokens, values=np.eye(len(tokens))),
    }
    return Shown(*name, make[name]())


def _cross(graph):
    n_query, n_key = graph.weights.shape[-2:]
    if max(n_query, n_key) > MOST[ATTENTION]:
        note = (
            f"The live figure draws up to {MOST[ATTENTION]} queries and keys; here are {n_query} "
            f"and {n_key}."
        )
        return [note], [_still(graph)]
    example = widgets.Example("", list(graph.queries), list(graph.keys), graph.weights)
    return [], [Shown(*ATTENTION, widgets.examples_explorer([example]))]


def _still(graph):
    """Return a heatmap of the mean over all layers and heads, as an image."""
    mean = graph.weights.mean(axis=(0, 1), dtype=np.float64)
    keys = graph.keys if graph.kind == "cross" else None
    figure, alt = attention_heatmap(mean, graph.queries, key_tokens=keys, scale="log")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110, bbox_inches="tight")
    image = base64.b64encode(content.getvalue()).decode()
    text = "The mean of all heads of all layers, on a log scale."
    return Shown("heatmap", "Heatmap", text, image=image, alt=alt)


def _cut(graph, n):
    """Return a causal graph without the tokens from n on."""
    tokens = graph.tokens[:n]
    return Recording(graph.kind, graph.weights[..., :n, :n], tokens, tokens)
