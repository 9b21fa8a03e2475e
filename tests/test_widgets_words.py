"""What the live figures say: every sentence can be collected, looked up and translated."""

import re
from functools import cache

import numpy as np
import pytest
from babel.messages.extract import extract

from course_lib import language, widgets
from course_lib.attention import softmax
from course_lib.authoring import words
from course_lib.authoring.figures import WIDGETS
from course_lib.data import HeadVectors
from course_lib.widgets.shared.figure import FigureView
from tests.support.figures import controls, open_all
from tests.support.saying import all_sentences

MODULES = [path for path in sorted(WIDGETS.rglob("*.js")) if path.name != "bundle.js"]


@cache
def sentences_of(path):
    """Return the sentences that a program collects from a module, one a call."""
    with path.open("rb") as file:
        return [sentence for _, sentence, *_ in extract("javascript", file, words.KEYWORDS)]


def calls_in(path):
    """Return how many calls of `say` a module has."""
    return len(re.findall(r"(?<!function )\bsay\(", path.read_text(encoding="utf-8")))


# --- collected and looked up ----------------------------------------------------------------------


def test_every_sentence_is_a_constant_that_can_be_collected():
    assert sum(map(calls_in, MODULES)) > 200
    assert [path for path in MODULES if len(sentences_of(path)) != calls_in(path)] == []


def test_a_sentence_that_cannot_be_collected_is_seen(tmp_path):
    planted = tmp_path / "planted.js"
    planted.write_text('const HINT = "Point.";\nsay(HINT);\nconst a = `${say("x")}`;\nsay("y");\n')
    assert sentences_of(planted) == ["y"]
    assert calls_in(planted) == 3


def test_every_sentence_of_the_browser_stands_in_its_bundle_to_the_letter():
    paths = WIDGETS.glob("*/bundle.js")
    bundles = {path.parent.name: path.read_text(encoding="utf-8") for path in paths}
    for path in MODULES:
        for sentence in sentences_of(path):
            names = [name for name, text in bundles.items() if sentence in text]
            assert names if path.parent.name == "shared" else path.parent.name in names


class Planted(FigureView):
    """A figure that says one thing."""

    _esm = 'export default { render() { say("Weights above {threshold}") } }'


def test_a_figure_is_sent_the_words_that_it_says_and_no_others(monkeypatch):
    assert Planted().words == {}
    german = {"Weights above {threshold}": "Gewichte über {threshold}", "Other": "Anderes"}
    monkeypatch.setattr(language, "catalogue", lambda: german)
    assert Planted().words == {"Weights above {threshold}": "Gewichte über {threshold}"}


# --- nothing left in English ----------------------------------------------------------------------

RNG = np.random.default_rng(3)
TOKENS = ["1", "2", "1", "4"]
WEIGHTS = softmax(2 * RNG.normal(size=(2, 2, 4, 4)))
HALF = np.eye(4)[[1, 0, 3, 2]]


def example(title, n):
    weights = softmax(RNG.normal(size=(2, 2, n, n)))
    return widgets.Example(title, TOKENS[:n], TOKENS[:n], weights, "5")


def picture(title):
    weights = softmax(RNG.normal(size=(2, 4, 4)))
    return widgets.PictureAttention(title, RNG.random((4, 4)), weights, "6")


def bag(title, label):
    pictures = RNG.random((3, 4, 4))
    return widgets.PooledBag(title, pictures, [0.1, 2.0, 1.0], [1, -2, 3], ["1", "2", "3"], label)


def given_graph():
    edges = [[0, 0, 1, 1, 2, 2, 3], [1, 2, 2, 0, 0, 1, 3]]
    queries, keys = RNG.normal(size=(2, 2, 5, 1))
    options = {"groups": [0, 1, 0, 1, 0], "marked": [2], "marked_name": "7"}
    places = RNG.normal(size=(5, 2))
    return widgets.neighbours_explorer(
        edges, queries, keys, np.ones((2, 1)), positions=places, **options
    )


def causal_texts():
    logits = np.where(np.tri(4, dtype=bool), RNG.normal(size=(2, 2, 4, 4)), -np.inf)
    weights = softmax(3 * logits)
    weights[0, 0] = np.eye(4)  # no edge but to itself
    losses = RNG.random((2, 2, 2, 3))
    effects = {"losses.none": losses[0, 0], "losses.zero": losses, "losses.mean": losses}
    for name in ("induction", "like_induction", "induction_3", "previous", "like_previous"):
        effects |= {f"set.{name}": np.array([[0, 1]]), f"losses.zero.{name}": losses[0, 0]}
        effects[f"losses.mean.{name}"] = losses[0, 0]
    for k in range(2):
        effects |= {f"set.random_{k}": np.array([[k, 1]]), f"losses.zero.random_{k}": losses[0, 0]}
        effects[f"losses.mean.random_{k}"] = losses[0, 0]
    texts = {"1": (weights, TOKENS), "2": (weights, ["1", "2", "3", "4"])}
    return widgets.causal_explorer(texts, effects)


def head_strengths():
    strengths = np.zeros((4, 4))
    strengths[:2, 2:] = [[0.1, 0.2], [0.3, 0.4]]
    scores = {"5": np.eye(2), "6": 1 - np.eye(2)}
    return widgets.head_graph({"1": strengths, "2": strengths}, scores)


def edges():
    masked = HeadVectors(*RNG.normal(size=(3, 4, 2)), np.tri(4, dtype=bool), TOKENS)
    free = HeadVectors(*RNG.normal(size=(2, 4, 2)), np.zeros((4, 2)), None, TOKENS)
    return widgets.edge_explorer({"1": masked, (2, 3): free}, query=1)


def explained(special):
    values = {"1": [1, 2, 3, 4], "2": [1, -1, 2, 0], "3": [1, 1, 1, 1]}
    parts = {"tokens": TOKENS, "judge": [4, 1, 2, np.nan], "methods": values}
    marked = parts | {"special": [True, False, False, True], "output": "7"}
    return widgets.methods_explorer({"4": marked if special else parts, "5": parts})


# Each figure, and states of its traits that make it say what it can say.
FIGURES = {
    "attention": (
        lambda: widgets.attention_explorer(WEIGHTS, TOKENS),
        [{"layout_choice": 1}, {"direction_choice": 1}, {"threshold": 1.0}],
    ),
    "causal": (
        causal_texts,
        [
            {"off_choice": 0},
            {"off_choice": 3},
            {"layer": 0, "head": 0},
            {"position": 2},
            {"text": 1},
        ],
    ),
    "circuit": (
        head_strengths,
        [{"chosen": 0}, {"chosen": 3}, {"chosen": None, "threshold": 0.4}, {"threshold": 0.0}],
    ),
    "edge": (
        edges,
        [
            *({"step": step} for step in range(9)),
            {"step": 4, "key": 2},
            *({"step": step, "head": 1} for step in (4, 8)),
        ],
    ),
    "examples": (
        lambda: widgets.examples_explorer([example("1", 4), example("2", 3)]),
        [{"example": 1}],
    ),
    "flow": (
        lambda: widgets.flow_explorer(np.stack([HALF, WEIGHTS[0, 0], HALF]), TOKENS),
        [
            {"residual": 0.9},
            {"input": 2},
            {"residual": 0.0, "first_layer": 2, "output": 0, "input": 1},
            {"input": 3},
        ],
    ),
    "heads": (
        lambda: widgets.heads_explorer(WEIGHTS, TOKENS),
        [{"first": 1}, {"second": 0}, {"first": 0}],
    ),
    "heatmaps": (
        lambda: widgets.heatmap_explorer(np.concatenate([WEIGHTS, [[HALF, HALF]]]), TOKENS),
        [{"scale_choice": 3}, {"first": 5}],
    ),
    "methods": (
        lambda: explained(special=True),
        [{"method": 2}, {"token": 1}, {"token": 3}, {"text": 1, "skip_special": True, "token": 0}],
    ),
    "neighbours": (given_graph, [{"node": 3}, {"node": 4}]),
    "patterns": (
        lambda: widgets.pattern_explorer(12),
        [{"layers": 2}, {"radius": 0}, {"radius": 6}, {"radius": 3, "random_keys": 2}],
    ),
    "pixels": (
        lambda: widgets.pixel_explorer([picture("1"), picture("2")], grid=(2, 2)),
        [{"picture": 1}, {"place": 3}],
    ),
    "plane": (lambda: widgets.query_plane(), [{"scaled": False}]),
    "pooling": (
        lambda: widgets.pooling_explorer([bag("1", 1), bag("2", None)], question="8"),
        [{"removed": [0]}, {"removed": [0, 1]}, {"removed": [0, 1, 2]}, {"bag": 1}],
    ),
    "ranking": (
        lambda: widgets.ranking_explorer(np.stack([WEIGHTS[0, 0], HALF]), TOKENS),
        [
            *({"measure_choice": k} for k in range(7)),
            {"removed": [0]},
            {"head_choice": 2},
            {"removed": [], "measure_choice": 2},
            {"measure_choice": 3},
        ],
    ),
    "rollout": (
        lambda: widgets.rollout_explorer([[HALF, np.eye(4)], [HALF, HALF]], TOKENS),
        [{"output": 1}, {"fusion_choice": 2}, {"fusion_choice": 0, "residual": 0.7}],
    ),
    "sparsity": (
        lambda: widgets.sparsity_explorer(WEIGHTS, TOKENS, values=np.eye(4)),
        [{"method_choice": 1, "k": 1}, {"k": 4}],
    ),
    "training": (
        lambda: widgets.training.view.TrainingFigure(),
        [
            *({"state": state} for state in ("Learning", "Done", "Stopped", "Interrupted")),
            {"state": "Failed", "losses": [2.0]},
            {"losses": [2.0, 1.0]},
        ],
    ),
}

# All that figure `k` of the page says: in each state first with nothing pointed at, then a pointer
# comes to its first cell and to its first and last node, and leaves again.
SAID = """async ([k, states]) => {
  const figure = document.querySelector(`#figure-${k} .course-figure`);
  const said = new Set();
  const listen = async () => {
    await new Promise((done) => setTimeout(done)); // what is computed a little later
    for (const e of [figure, ...figure.querySelectorAll("*")]) {
      said.add(e.getAttribute("aria-label") ?? "");
      for (const node of e.childNodes) if (node.nodeType === 3) said.add(node.data);
    }
  };
  for (const state of states) {
    for (const name in state) models[k].set(name, state[name]);
    await listen();
    const nodes = figure.querySelectorAll(".node");
    const parts = [figure.querySelector(".cells .cell"), nodes[0], nodes[nodes.length - 1]];
    for (const part of parts.filter((part) => part?.checkVisibility())) {
      const { left, top, width, height } = part.getBoundingClientRect();
      const at = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true };
      for (const kind of ["pointerover", "pointermove"]) {
        part.dispatchEvent(new PointerEvent(kind, at));
      }
      await listen();
      part.dispatchEvent(new PointerEvent("pointerleave", { bubbles: true }));
    }
    await listen();
  }
  return [...said];
}"""


def english_in(texts):
    """Return what stands outside of the brackets that a translated sentence has around it."""
    left = set()
    for text in texts:
        before = None
        while before != text:  # sentences stand within sentences
            before, text = text, re.sub(r"⟦[^⟦⟧]*⟧", "", text)
        left |= set(re.findall(r"[^\W\d_]{2,}|undefined|[{}⟦⟧]", text))
    return left


def told_by_controls(figure):
    """Return the labels and the choices of a figure's controls."""
    for control in controls(figure).values():
        yield control.description
        yield from getattr(control, "options", ())


def bracketed(sentences):
    """Return a language whose sentences are the English ones in brackets."""
    return {sentence: f"⟦{sentence}⟧" for sentence in sentences}


def test_nothing_that_a_figure_says_is_left_in_english(page, tmp_path, monkeypatch):
    monkeypatch.setattr(language, "catalogue", lambda: bracketed(all_sentences()))
    figures = {name: make() for name, (make, _) in FIGURES.items()}
    open_all(page, tmp_path, [figure.children[-1] for figure in figures.values()])
    for k, (name, figure) in enumerate(figures.items()):
        assert english_in(told_by_controls(figure)) == set(), name
        said = page.evaluate(SAID, [k, [{}, *FIGURES[name][1]]])
        assert english_in(said) == set(), name


def test_every_figure_is_asked():
    assert set(FIGURES) == {path.parent.name for path in WIDGETS.glob("*/view.js")}


@pytest.mark.parametrize(
    "start", ["Point at", "{from} → {to}: {weight}", "“{query}” attends most to"]
)
def test_a_sentence_left_in_english_is_seen(page, tmp_path, monkeypatch, start):
    kept = {sentence for sentence in all_sentences() if not sentence.startswith(start)}
    monkeypatch.setattr(language, "catalogue", lambda: bracketed(kept))
    open_all(page, tmp_path, [widgets.attention_explorer(WEIGHTS, TOKENS).children[-1]])
    assert english_in(page.evaluate(SAID, [0, [{}]]))
