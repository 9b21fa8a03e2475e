"""All live figures, of the size that chapters give them, on one page with their real controls.

The page is what the book makes of an output: its script builds the controls and links them to the
figures, without a kernel.
"""

import shutil

import networkx as nx
import numpy as np
from ipywidgets.embed import dependency_state, embed_data

from course_lib import widgets
from course_lib.attention import softmax
from course_lib.authoring.live_figures import place, scripts, write_loader, write_state
from course_lib.authoring.source import ROOT
from course_lib.data import load_attention, load_head_effects, load_head_vectors, load_tournament

HEAD = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">
<title>All live figures</title><meta name="viewport" content="width=device-width">
<style>
  :root {{ --pst-color-text-base: #323232; --pst-color-background: #fff; }}
  [data-theme="dark"] {{ --pst-color-text-base: #ced6dd; --pst-color-background: #14181e; }}
  body {{ margin: 8px; color: var(--pst-color-text-base);
    background: var(--pst-color-background); }}
</style>
<link rel="icon" href="data:,"><link rel="stylesheet" href="course.css">
{scripts}
</head><body><main class="bd-article"><h1>All live figures</h1>
{figures}
</main></body></html>"""
SECTION = """<section id="{name}"><h2>{name}</h2><div class="cell_output">{place}</div></section>"""


def all_figures():
    """Return every live figure by the name of its folder, with real attention where there is."""
    weights, tokens = load_attention("it_tired")
    rng = np.random.default_rng(0)
    values = rng.normal(size=(len(tokens), 16))
    return {
        "attention": widgets.attention_explorer(weights, tokens, layer=3, head=1),
        "causal": _causal(),
        "circuit": _circuit(),
        "edge": widgets.edge_explorer(load_head_vectors("it_tired"), query=12, key=2),
        "examples": _examples(rng),
        "flow": widgets.flow_explorer(weights, tokens, output=12, input=2),
        "heads": widgets.heads_explorer(weights, tokens),
        "heatmaps": widgets.heatmap_explorer(weights, tokens, first=(0, 0), second=(0, 2)),
        "methods": _methods(),
        "neighbours": _neighbours(rng),
        "patterns": widgets.pattern_explorer(48, radius=2, layers=3, position=20),
        "pixels": _pixels(rng),
        "plane": widgets.query_plane(),
        "pooling": _pooling(rng),
        "ranking": widgets.ranking_explorer(weights, tokens, layer=2),
        "rollout": widgets.rollout_explorer(weights, tokens, output=12),
        "sparsity": widgets.sparsity_explorer(weights, tokens, values=values, layer=2, head=3),
        "training": _training(),
    }


def write_page(folder, shown, *, theme="light"):
    """Write a page of figures and all that it loads into a folder; return its name."""
    boxes = list(shown.values())
    data = embed_data(views=boxes, state=dependency_state(boxes, drop_defaults=False))
    sections = "\n".join(
        SECTION.format(name=name, place=place(view))
        for name, view in zip(shown, data["view_specs"], strict=True)
    )
    state, first = data["manager_state"]["state"], data["view_specs"][0]["model_id"]
    files = write_state(state, first, "gallery", folder)
    write_loader(folder)
    shutil.copyfile(ROOT / "book" / "_static" / "course.css", folder / "course.css")
    text = HEAD.format(theme=theme, scripts=scripts(*files, "."), figures=sections)
    (folder / "gallery.html").write_text(text, encoding="utf-8")
    return "gallery.html"


def _causal():
    texts = {name: load_attention(name, model="smollm2") for name in ("random_twice", "repetition")}
    return widgets.causal_explorer(texts, load_head_effects())


def _circuit():
    effects = load_head_effects()
    kinds = {kind: effects[f"composition.{kind}"] for kind in ("key", "query", "value")}
    scores = {kind: effects[f"score.{kind}"] for kind in ("previous", "induction")}
    return widgets.head_graph(kinds, scores)


def _examples(rng):
    said = ["I", "would", "not", "say", "that", "the", "soup", "was", "bad"]
    dates = ("12 March 1999", "1999-03-12")
    sizes = [tuple(map(len, dates)), (len(said), len(said))]
    weights = [softmax(2 * rng.normal(size=(2, 4, *size))) for size in sizes]
    return widgets.examples_explorer(
        [
            widgets.Example("a date", list(dates[0]), list(dates[1]), weights[0]),
            widgets.Example("an opinion", said, said, weights[1], "The model says good (0.71)."),
        ]
    )


def _methods():
    texts = load_tournament("opinions")[::15]
    return widgets.methods_explorer(
        {
            f"opinion {k + 1}": {
                "tokens": text.tokens,
                "special": text.special,
                "judge": text.drops,
                "methods": text.scores,
                "output": text.answer,
            }
            for k, text in enumerate(texts)
        }
    )


def _neighbours(rng):
    club = nx.karate_club_graph()
    edges = np.array([*club.edges, *((j, i) for i, j in club.edges), *((i, i) for i in club)]).T
    queries, keys = rng.normal(size=(2, 2, len(club), 8))
    places = nx.circular_layout(club)
    return widgets.neighbours_explorer(
        edges,
        queries,
        keys,
        rng.normal(size=(2, 8)),
        positions=[places[member] for member in club],
        groups=[int(club.nodes[member]["club"] == "Officer") for member in club],
        group_names=["teacher's", "officer's"],
        marked=[0, 33],
        marked_name="group was told",
        node=8,
    )


def _pixels(rng):
    weights = softmax(rng.normal(size=(2, 64, 64)))
    pictures = [
        widgets.PictureAttention(name, rng.random((32, 32)), weights) for name in ("one", "other")
    ]
    return widgets.pixel_explorer(pictures, grid=(8, 8))


def _pooling(rng):
    bags = []
    for n, label in ((9, 1), (5, 0)):
        names = [str(k) for k in range(n)]
        scores, votes = rng.normal(size=(2, n))
        bags.append(
            widgets.PooledBag(f"bag of {n}", rng.random((n, 8, 8)), scores, votes, names, label)
        )
    return widgets.pooling_explorer(bags, question="is there a 9?")


def _training():
    figure = widgets.training.view.TrainingFigure()
    figure.show([2.4 / (k + 1) for k in range(60)], 90, "Stopped")
    return figure
