"""The live figure of causal heads: what it sends, what it refuses, what it computes and draws."""

import base64
import gzip

import numpy as np
import pytest

from course_lib import heads
from course_lib.attention import softmax
from course_lib.authoring.browser import open_view, traits
from course_lib.data import load_attention, load_head_effects
from course_lib.widgets import causal_explorer
from course_lib.widgets.causal.packing import LEAST, head_scores
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits
from tests.support.pages import read
from tests.support.sweeping import wander
from tests.support.usable import (
    assert_fits,
    assert_keys_stay,
    assert_starts_again,
    assert_targets,
)

WORDS = ["the", "cat", "sat", "the", "cat", "sat"]
SHAPE = (3, 2)


def causal_weights(n, seed=4):
    logits = 2 * np.random.default_rng(seed).normal(size=(*SHAPE, n, n))
    return softmax(np.where(np.tri(n, dtype=bool), logits, -np.inf))


def made_effects(shape=SHAPE, sequences=2, count=5):
    rng = np.random.default_rng(0)
    effects = {"losses.none": 9 * rng.random((sequences, count))}
    effects |= {"set.best": np.array([[2, 1], [0, 0]])}
    effects |= {f"set.random_{k}": rng.integers(2, size=(1, 2)) for k in range(3)}
    effects |= {"set.like": rng.integers(2, size=(4, 2, 2))}
    for way in ("zero", "mean"):
        effects[f"losses.{way}"] = 12 * rng.random((*shape, sequences, count))
        effects[f"losses.{way}.best"] = 12 * rng.random((sequences, count))
        effects[f"losses.{way}.like"] = 12 * rng.random((4, sequences, count))
        for k in range(3):
            effects[f"losses.{way}.random_{k}"] = 12 * rng.random((sequences, count))
    return effects


TEXTS = {
    "words, twice": (causal_weights(6), WORDS),
    "no word twice": (causal_weights(4, seed=5), list("abcd")),
    "one": (causal_weights(1), ["a"]),
}
EFFECTS = made_effects()


def made(**options):
    return causal_explorer(TEXTS, EFFECTS, **options)


@pytest.fixture(scope="module")
def recorded():
    names = {"twice": "random_twice", "repetition": "repetition", "names": "names", "code": "code"}
    texts = {told: load_attention(name, model="smollm2") for told, name in names.items()}
    return texts, load_head_effects()


# --- what is sent, what is refused ----------------------------------------------------------------


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    view = assert_linked(made(text=1, position=2, head=(2, 0), score="previous"))
    assert (view.text, view.position, view.layer, view.head) == (1, 2, 2, 0)
    assert list(controls(made())) == ["text", "heads coloured by", "switched off by"]
    one = {"one": TEXTS["words, twice"]}
    assert list(controls(causal_explorer(one))) == ["heads coloured by"]


def test_it_begins_at_the_last_token_that_comes_again_with_the_best_head():
    view = made().children[-1]
    scores = head_scores(*TEXTS["words, twice"])[1]
    assert (view.layer, view.head) == np.unravel_index(scores.argmax(), SHAPE)
    assert view.position == 5
    assert causal_explorer({"a": TEXTS["no word twice"]}).children[-1].position == 3


def test_all_heads_on_four_recorded_texts_weigh_less_than_150_kilobytes(recorded):
    sent = traits(causal_explorer(*recorded).children[-1])
    data = [value for value in sent.values() if isinstance(value, bytes)]
    assert sum(len(gzip.compress(base64.b64encode(part))) for part in data) < 150_000


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: causal_explorer([1]), TypeError, "texts must be a dict"),
        (lambda: causal_explorer({}), ValueError, "texts must number from 1 to 12, got 0"),
        (lambda: causal_explorer({"a": WORDS}), TypeError, r"texts\['a'\] must be a pair"),
        (lambda: made(text=3), ValueError, "text must be between 0 and 2"),
        (lambda: made(position=6), ValueError, "position must be between 0 and 5"),
        (lambda: made(head=(3, 0)), ValueError, "head must be between 0 and 2"),
        (lambda: made(head=3), ValueError, "head must be a pair"),
        (lambda: made(score="best"), ValueError, "score must be one of"),
        (lambda: causal_explorer(TEXTS, [1]), TypeError, "effects must be a dict"),
        (lambda: causal_explorer(TEXTS, {}), ValueError, "effects must hold 'losses.none'"),
        (
            lambda: causal_explorer({"a": (softmax(np.ones((1, 1, 3, 3))), "abc"[:0])}),
            ValueError,
            "must be of a causal model",
        ),
        (
            lambda: causal_explorer({"a": (causal_weights(4), ["a"])}),
            ValueError,
            "tokens must have one entry",
        ),
        (
            lambda: causal_explorer({"a": (np.ones((1, 1, 65, 65)) / 65, None)}),
            ValueError,
            "at most 64 tokens",
        ),
        (
            lambda: causal_explorer(TEXTS | {"b": (np.ones((1, 1, 1, 1)), ["a"])}),
            ValueError,
            "as many layers and heads",
        ),
        (
            lambda: causal_explorer(TEXTS, EFFECTS | {"losses.zero": np.ones((2, 2, 2, 5))}),
            ValueError,
            r"effects\['losses.zero'\] must have shape",
        ),
        (
            lambda: causal_explorer(TEXTS, EFFECTS | {"set.best": np.array([[3, 0]])}),
            ValueError,
            r"effects\['set.best'\] must be heads of",
        ),
        (
            lambda: causal_explorer(TEXTS, EFFECTS | {"losses.none": -EFFECTS["losses.none"]}),
            ValueError,
            r"effects\['losses.none'\] must not be negative",
        ),
    ],
)
def test_bad_input_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- numbers -------------------------------------------------------------------------------------


def test_scores_are_those_of_the_library_and_of_the_recording(recorded):
    texts, effects = recorded
    weights, tokens = texts["twice"]
    previous, induction, duplicate, first = head_scores(weights, tokens)
    np.testing.assert_allclose(previous, heads.offset_score(weights, -1))
    np.testing.assert_allclose(first, heads.position_score(weights, 0))
    later = np.arange(24, 48)
    np.testing.assert_allclose(induction, weights[:, :, later, later - 23].mean(axis=-1))
    np.testing.assert_allclose(duplicate, weights[:, :, later, later - 24].mean(axis=-1))
    assert induction.argmax() == effects["score.induction"].argmax()
    assert head_scores(*TEXTS["no word twice"])[1:3].max() == 0


STATE = """states => states.map((state) => {
  for (const name in state) model.set(name, state[name]);
  const html = document.querySelector(".causal-view").outerHTML;
  const arcs = [...document.querySelectorAll(".arcs path")].map(({ dataset }) => +dataset.key);
  const broken = /NaN|undefined|Infinity/.test(html);
  const cells = [...document.querySelectorAll(".cells button")].map((e) => +e.dataset.score);
  return { ...module.causalState(model), arcs, broken, cells };
})"""


def assert_right(state, shown, effects):
    """Compare all numbers of a state with NumPy's."""
    weights, tokens = list(TEXTS.values())[state["text"]]
    layer, head, position = state["layer"], state["head"], min(state["position"], len(tokens) - 1)
    percents = np.rint(100 * weights[layer, head, position, : position + 1])
    percents[percents < LEAST] = 0
    assert shown["weights"] == percents.tolist()
    assert shown["arcs"] == np.flatnonzero(percents).tolist()
    assert shown["copies"] == [j for j in range(position) if tokens[j] == tokens[position]]
    expected = head_scores(weights, tokens)[state["score_choice"]].ravel()
    np.testing.assert_allclose(shown["scores"], expected, atol=1e-5)
    np.testing.assert_allclose(shown["cells"], expected, atol=1e-4)
    assert not shown["broken"]
    way = ("zero", "mean")[state["way_choice"]]
    half = slice(2, None)
    draws = [effects[f"losses.{way}.random_{k}"] for k in range(3)]
    curves = [
        effects["losses.none"].mean(axis=0),
        effects[f"losses.{way}"][layer, head].mean(axis=0),
        np.mean(draws, axis=(0, 1)),
        effects[f"losses.{way}.best"].mean(axis=0),
        effects[f"losses.{way}.like"].mean(axis=(0, 1)),
    ]
    rows = shown["losses"]["rows"]
    told = [row["loss"] for row in rows]
    np.testing.assert_allclose(told, [curve[half].mean() for curve in curves], rtol=1e-6)
    np.testing.assert_allclose(
        rows[2]["draws"], [draw[:, half].mean() for draw in draws], atol=1e-6
    )
    np.testing.assert_allclose(shown["losses"]["whole"], curves[0], atol=0.06)
    np.testing.assert_allclose(shown["losses"]["without"], curves[state["off_choice"]], atol=0.06)


def test_every_state_shows_the_recorded_numbers(page, tmp_path):
    open_view(page, tmp_path, made().children[-1])
    ends = {"text": range(3), "position": range(6), "layer": range(3), "head": range(2)}
    ends |= {"score_choice": range(4), "way_choice": range(2), "off_choice": range(5)}
    states = wander(ends, 250)
    for state, shown in zip(states, read(page, STATE, states), strict=True):
        assert_right(state, shown, EFFECTS)


def test_the_recorded_heads_too(page, tmp_path, recorded):
    texts, effects = recorded
    open_view(page, tmp_path, causal_explorer(texts, effects).children[-1])
    weights, _ = texts["twice"]
    for layer, head, way in [(18, 6, "zero"), (16, 0, "mean"), (0, 0, "zero"), (29, 8, "mean")]:
        set_traits(page, layer=layer, head=head, way_choice=("zero", "mean").index(way))
        shown = page.evaluate("module.causalState(model)")
        percents = np.rint(100 * weights[layer, head, 47])
        assert shown["weights"] == np.where(percents < LEAST, 0, percents).tolist()
        losses = [effects["losses.none"], effects[f"losses.{way}"][layer, head]]
        told = [row["loss"] for row in shown["losses"]["rows"][:2]]
        np.testing.assert_allclose(told, [loss[:, 23:].mean() for loss in losses], rtol=1e-6)
        np.testing.assert_allclose(shown["losses"]["without"], losses[1].mean(axis=0), atol=0.15)


# --- pointer, keyboard, life ---------------------------------------------------------------------


def test_tokens_heads_and_sets_are_chosen_by_click_and_by_key(page, tmp_path):
    open_view(page, tmp_path, made().children[-1])
    readout = page.locator(".readout")
    page.locator('.tokens button[data-position="3"]').click()
    assert readout.text_content().startswith("From “the [3]”, layer")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("model.get('position')") == 2
    page.keyboard.press("End")
    assert page.evaluate("model.get('position')") == 5
    page.locator(".cells button").nth(3).click()
    assert page.evaluate("[model.get('layer'), model.get('head')]") == [1, 1]
    for key, expected in [("ArrowRight", [2, 1]), ("ArrowUp", [2, 0]), ("ArrowUp", [2, 0])]:
        page.keyboard.press(key)
        assert page.evaluate("[model.get('layer'), model.get('head')]") == expected
    page.locator(".off-rows button").nth(3).click()
    assert "with best switched off" in readout.text_content()
    marked = page.locator(".cells .off").evaluate_all("cells => cells.map((e) => e.ariaLabel)")
    assert [told[:15] for told in marked] == ["layer 0, head 0", "layer 2, head 1"]
    page.keyboard.press("Escape")
    assert readout.text_content().endswith("with all heads on.")
    assert_starts_again(page, made().children[-1].start, text=2, off_choice=4)


@pytest.mark.parametrize("width", [390, 1000])
def test_it_can_be_used_with_fingers_and_keys_and_does_not_overflow(
    page, tmp_path, width, recorded
):
    page.set_viewport_size({"width": width, "height": 800})
    texts, effects = recorded
    odd = ["<b>&amp;", "", "\n", "🙂🙂🙂", "</script>", "word" * 30]
    some = {"odd": (np.tile(causal_weights(6)[:1, :1], (30, 9, 1, 1)), odd)}
    open_view(page, tmp_path, causal_explorer(some | {"code": texts["code"]}, effects).children[-1])
    for text in (0, 1):
        set_traits(page, text=text)
        assert_targets(page)
        assert_fits(page, width)
    for group in (".tokens", ".cells", ".off-rows"):
        assert_keys_stay(page, group)


def test_a_view_can_be_shown_twice_and_removed(page, tmp_path):
    changes = dict(text=1, way_choice=1), dict(off_choice=2), dict(layer=2, head=1)
    assert_shown_twice_and_removed(page, tmp_path, made().children[-1], *changes)


def test_text_stands_out_in_every_theme(page, tmp_path):
    colours = [(".readout", "color"), (".losses .tick", "fill"), (".tokens button", "color")]
    colours += [(".title", "color"), (".whole", "stroke"), (".without", "stroke")]
    assert_readable(page, tmp_path, made().children[-1], colours)
