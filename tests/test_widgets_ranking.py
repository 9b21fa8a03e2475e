"""The live figure of centrality: what it sends, what it refuses, what it computes and draws."""

import itertools

import numpy as np
import pytest

from course_lib import centrality as library
from course_lib.attention import softmax
from course_lib.authoring.browser import open_view
from course_lib.data import load_attention
from course_lib.widgets import ranking_explorer
from course_lib.widgets.shared.texts import number
from tests.support.figures import (
    assert_linked,
    assert_readable,
    assert_shown_twice_and_removed,
    controls,
)
from tests.support.layered import set_traits
from tests.support.pages import read

TOKENS = ["the", "cat", "sat", "on", "the", "mat"]
WEIGHTS = softmax(1.5 * np.random.default_rng(7).normal(size=(2, 3, 6, 6)))
WITH_ZEROS = WEIGHTS * (WEIGHTS > 0.08)
WITH_ZEROS /= WITH_ZEROS.sum(axis=-1, keepdims=True)
CAUSAL = np.tril(np.ones((4, 4))) / np.arange(1, 5)[:, None]
TWO_PARTS = np.kron(np.eye(2), [[0.1, 0.6, 0.3], [0.3, 0.3, 0.4], [0.25, 0.5, 0.25]])
PERIODIC = np.roll(np.eye(3), 1, axis=1)  # 0 -> 1 -> 2 -> 0

MEASURES = {
    "in_strength": library.in_strength,
    "pagerank": library.pagerank,
    "stationary_distribution": library.stationary_distribution,
    "authorities": lambda weights: library.hits(weights)[1],
    "hubs": lambda weights: library.hits(weights)[0],
    "betweenness": library.betweenness,
    "closeness": library.closeness,
}
NAMES = ["In-strength", "PageRank", "TokenRank", "Authority", "Hub", "Betweenness", "Closeness"]


# --- what is sent, what is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "names"),
    [
        (WEIGHTS, ["layer", "head", "measure", "damping"]),
        (WEIGHTS[0], ["head", "measure", "damping"]),
        (WEIGHTS[:, :1], ["layer", "measure", "damping"]),
        (WEIGHTS[0, 0], ["measure", "damping"]),
    ],
)
def test_only_controls_that_leave_a_choice_are_shown(weights, names):
    assert list(controls(ranking_explorer(weights))) == names


def test_every_control_is_linked_in_the_browser_and_starts_in_agreement():
    options = {"layer": 1, "head": 2, "measure": "hubs", "damping": 0.5, "removed": (4, 0)}
    figure = ranking_explorer(WEIGHTS, TOKENS, **options)
    view = assert_linked(figure)
    chosen = (view.layer, view.head_choice, view.measure_choice, view.damping, view.removed)
    assert chosen == (1, 3, 4, 0.5, [4, 0])
    assert controls(figure)["measure"].label == "hubs (HITS)"
    damping = controls(figure)["damping"]
    assert (damping.min, damping.max, damping.step) == (0, 0.99, 0.01)


@pytest.mark.parametrize("number", range(7))
def test_a_measure_is_chosen_by_the_library_s_name(number):
    view = ranking_explorer(WEIGHTS, measure=list(MEASURES)[number]).children[-1]
    assert view.measure_choice == number


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ranking_explorer(WEIGHTS[..., :4]), ValueError, "weights must be square"),
        (lambda: ranking_explorer(2 * WEIGHTS), ValueError, "weights must have rows"),
        (lambda: ranking_explorer(WEIGHTS[None]), ValueError, "weights must have 2, 3 or 4 axes"),
        (lambda: ranking_explorer(np.eye(513)), ValueError, "weights must have at most 512"),
        (lambda: ranking_explorer("text"), TypeError, "weights must hold real numbers"),
        (lambda: ranking_explorer(WEIGHTS, ["a"]), ValueError, "tokens must have one entry"),
        (lambda: ranking_explorer(WEIGHTS, layer=2), ValueError, "layer must be between 0 and 1"),
        (lambda: ranking_explorer(WEIGHTS, head=3), ValueError, "head must be between 0 and 2"),
        (lambda: ranking_explorer(WEIGHTS, head="mean"), TypeError, "head must be an integer"),
        (lambda: ranking_explorer(WEIGHTS, measure="size"), ValueError, "measure must be one of"),
        (lambda: ranking_explorer(WEIGHTS, damping=1), ValueError, "damping must be between 0"),
        (lambda: ranking_explorer(WEIGHTS, damping=None), TypeError, "damping must be a real"),
        (lambda: ranking_explorer(WEIGHTS, removed=6), TypeError, "removed must be a sequence"),
        (lambda: ranking_explorer(WEIGHTS, removed="it"), TypeError, "removed must be a sequence"),
        (lambda: ranking_explorer(WEIGHTS, removed=[0.5]), TypeError, "removed must be an integer"),
        (lambda: ranking_explorer(WEIGHTS, removed=[6]), ValueError, "removed must be between 0"),
        (
            lambda: ranking_explorer(WEIGHTS, removed=[1, 1]),
            ValueError,
            "removed must be different",
        ),
        (lambda: ranking_explorer(WEIGHTS, removed=range(6)), ValueError, "leave a token"),
    ],
)
def test_bad_input_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- numbers -------------------------------------------------------------------------------------

COMPUTE = """given => given.map(([matrix, n, damping]) => {
  const found = module.ended(module.hits(matrix, n));
  return {
    in_strength: module.inStrength(matrix, n),
    pagerank: module.ended(module.pagerank(matrix, n, damping)),
    stationary_distribution: module.ended(module.stationaryDistribution(matrix, n)).scores,
    authorities: found && found.authorities,
    hubs: found && found.hubs,
    betweenness: module.ended(module.betweenness(matrix, n)),
    closeness: module.ended(module.closeness(matrix, n)),
  };
})"""


# The scores of many states, without drawing them.
SCORES = """states => states.map((state) => {
  const asked = { get: (name) => state[name] ?? model.get(name) };
  return module.rankingState(asked).now.scores;
})"""


def answer(measure, weights):
    """Return what the library says, or None where it raises."""
    try:
        return measure(weights)
    except ValueError:
        return None


def assert_equal(found, expected):
    if expected is None:
        assert found is None
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def random_matrix(seed):
    """Return weights of 1 to 12 tokens, every other matrix of them with zeros."""
    rng = np.random.default_rng(seed)
    n = 1 + seed % 12
    weights = softmax(2 * rng.normal(size=(n, n)))
    if seed % 2:
        best = weights == weights.max(axis=1, keepdims=True)
        weights = np.where((rng.random((n, n)) < 0.4) | best, weights, 0)
    return weights / weights.sum(axis=1, keepdims=True)


class TestNumbers:
    def test_the_measures_are_the_library_s(self, page, tmp_path):
        open_view(page, tmp_path, ranking_explorer(WEIGHTS).children[-1])
        crafted = [TWO_PARTS, PERIODIC, CAUSAL, np.eye(1), np.eye(3), np.full((4, 4), 1 / 4)]
        crafted.append([[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]])
        matrices = [np.array(m) for m in (*map(random_matrix, range(120)), *crafted)]
        dampings = [(0.0, 0.85, 0.99)[k % 3] for k in range(len(matrices))]
        given = [
            [weights.ravel().tolist(), len(weights), damping]
            for weights, damping in zip(matrices, dampings, strict=True)
        ]
        computed = read(page, COMPUTE, given)
        for weights, damping, found in zip(matrices, dampings, computed, strict=True):
            for name, measure in MEASURES.items():
                options = {"damping": damping} if name == "pagerank" else {}
                expected = answer(lambda w, m=measure, o=options: m(w, **o), weights)
                assert_equal(found[name], expected)

    @pytest.mark.parametrize("sentence", ["it_tired", "long"])
    def test_recorded_attention_is_ranked_as_by_the_library(self, page, tmp_path, sentence):
        weights = load_attention(sentence)[0]
        open_view(page, tmp_path, ranking_explorer(weights).children[-1])
        # Head 2 of layer 0 has weights next to 1: in float32 their lengths would be too coarse.
        heads = list(itertools.product(range(6), (None, 0, 2, 5, 11)))
        states = [
            {"layer": layer, "head_choice": 0 if head is None else head + 1, "measure_choice": k}
            for (layer, head), k in itertools.product(heads, range(len(MEASURES)))
        ]
        found = iter(read(page, SCORES, states))
        for layer, head in heads:
            matrix = weights[layer].mean(axis=0) if head is None else weights[layer, head]
            for measure in MEASURES.values():
                assert_equal(next(found), measure(matrix))

    def test_removal_is_the_library_s(self, page, tmp_path):
        open_view(page, tmp_path, ranking_explorer(WEIGHTS).children[-1])
        for weights, removed in itertools.product(
            (WEIGHTS[0, 0], WITH_ZEROS[1, 2], CAUSAL), ([], [0], [2], [3, 1], [0, 2, 1])
        ):
            given = [weights.ravel().tolist(), len(weights), removed]
            found = page.evaluate(
                "([matrix, n, removed]) => { const { kept, matrix: rest, stranded } ="
                " module.removeTokens(matrix, n, removed);"
                " return { kept, rest: [...rest], stranded }; }",
                given,
            )
            kept = [k for k in range(len(weights)) if k not in removed]
            assert found["kept"] == kept
            rest = weights[np.ix_(kept, kept)]
            stranded = np.array(kept)[rest.sum(axis=1) == 0].tolist()
            assert found["stranded"] == stranded
            if stranded:
                with pytest.raises(ValueError, match="something to attend to"):
                    library.remove_tokens(weights, removed)
            else:
                expected = library.remove_tokens(weights, removed)
                np.testing.assert_allclose(found["rest"], expected.ravel(), atol=1e-15)

    @pytest.mark.parametrize("apart", [0, 1e-6])
    def test_singular_values_are_told_apart_as_by_the_library(self, page, tmp_path, apart):
        one, other = np.array([[1, 2], [2, 1]]) / 3, np.array([[1, 9], [9, 1]]) / 10
        weights = np.block([[one, np.zeros((2, 2))], [np.zeros((2, 2)), other]])
        weights[0] = (1 - apart) * weights[0] + apart * np.array([0, 0, 0.3, 0.7])
        view = ranking_explorer(weights, measure="hubs").children[-1]
        open_view(page, tmp_path, view)
        scores = page.evaluate("module.rankingState(model).now.scores")
        expected = answer(MEASURES["hubs"], weights)
        assert (expected is None) == (apart == 0)
        assert_equal(None if scores == [None] * 4 else scores, expected)


# --- every state of every control -----------------------------------------------------------------


# What is drawn in many states, one after the other.
DRAWN = """states => states.map((state) => {
  for (const name in state) model.set(name, state[name]);
  const all = (selector) => [...document.querySelectorAll(selector)];
  return {
    heading: document.querySelector(".heading b").textContent,
    status: document.querySelector(".status").textContent,
    rows: all(".ranks button").map((button) =>
      [".rank", ".token", ".value"].map((part) => button.querySelector(part).textContent)),
    radii: all(".node .dot").map((dot) => +dot.getAttribute("r")),
  };
})"""


def rows(page):
    """Return the list as it is read: rank, token, value."""
    return read(page, DRAWN, [{}])[0]["rows"]


def radii(page):
    return read(page, DRAWN, [{}])[0]["radii"]


def expected_scores(weights, removed, name, damping):
    """Return the library's scores by old position, NaN for removed tokens; None if it raises."""
    options = {"damping": damping} if name == "pagerank" else {}
    scores = np.full(len(weights), np.nan)
    try:
        rest = library.remove_tokens(weights, removed)
        scores[np.delete(np.arange(len(weights)), removed)] = MEASURES[name](rest, **options)
    except ValueError:
        return None
    return scores


class TestDrawing:
    @pytest.mark.parametrize("weights", [WEIGHTS, WITH_ZEROS], ids=["dense", "with zeros"])
    def test_every_state_of_the_controls_ranks_as_the_library(self, page, tmp_path, weights):
        open_view(page, tmp_path, ranking_explorer(weights).children[-1])
        names = ("layer", "head_choice", "measure_choice", "damping", "removed")
        choices = ((0, 1), (0, 2), range(7), (0.0, 0.85), ([], [3], [5, 0]))
        states = [dict(zip(names, state, strict=True)) for state in itertools.product(*choices)]
        seen_without = 0
        for state, shown in zip(states, read(page, DRAWN, states), strict=True):
            layer, choice, number, damping, removed = state.values()
            matrix = weights[layer, choice - 1] if choice else weights[layer].mean(axis=0)
            scores = expected_scores(matrix, removed, list(MEASURES)[number], damping)
            listed = shown["rows"]
            assert shown["heading"] == NAMES[number]
            assert [token for _, token, _ in listed[6 - len(removed) :]] == list(map(str, removed))
            if scores is None:
                seen_without += 1
                assert shown["status"].startswith("No ranking: ")
                assert all(rank == "" for rank, _, _ in listed)
                continue
            assert shown["status"].startswith(f"{6 - len(removed)} of 6")
            order = np.lexsort((np.arange(6), -scores.round(9)))[: 6 - len(removed)]
            assert [int(token) for _, token, _ in listed[: len(order)]] == order.tolist()
            share = np.nan_to_num(scores / (np.nansum(scores) or 1))
            drawn = np.delete(shown["radii"], removed)
            expected = np.maximum(22 * np.sqrt(share), 1.8)
            np.testing.assert_allclose(drawn, np.delete(expected, removed), atol=0.006)
        assert (seen_without > 0) == (weights is WITH_ZEROS)

    def test_equal_scores_share_a_rank(self, page, tmp_path):
        open_view(page, tmp_path, ranking_explorer(WEIGHTS, TOKENS, damping=0).children[-1])
        names = ["the [0]", "cat", "sat", "on", "the [4]", "mat"]
        assert rows(page) == [["1=", name, "0.167"] for name in names]
        page.locator('.node[data-position="1"] .dot').hover()
        told = page.locator(".readout").text_content()
        assert told == "“cat”: PageRank 0.167, rank 1 of 6, shared by 6."

    def test_arrows_above_the_threshold_are_drawn(self, page, tmp_path):
        open_view(page, tmp_path, ranking_explorer(WEIGHTS[0, 0]).children[-1])
        outlines = page.locator(".graph > .strokes path").evaluate_all(
            "paths => paths.map((path) => path.getAttribute('d')).join('')"
        )
        count = outlines.count("Q") + outlines.count("C")  # a curve for each, a loop for itself
        assert count == np.count_nonzero(WEIGHTS[0, 0] > 0.05)

    @pytest.mark.parametrize(
        ("weights", "options", "reason"),
        [
            (
                TWO_PARTS,
                {"measure": "stationary_distribution"},
                "a walk can stay for ever in 2 parts, for instance at “0” or at “3”.",
            ),
            (
                TWO_PARTS,
                {"measure": "stationary_distribution", "removed": [0]},
                "a walk can stay for ever in 2 parts, for instance at “1” or at “3”.",
            ),
            (PERIODIC, {"measure": "hubs"}, "the largest singular value of the weights occurs"),
            (PERIODIC, {"measure": "authorities"}, "hubs and authorities have more than one"),
            (CAUSAL, {"removed": [0, 1], "measure": "hubs"}, None),
            (PERIODIC, {"removed": [1]}, "without “1”, “0” attends to nothing. A row of zeros"),
            (np.eye(4), {"removed": [2]}, None),
        ],
    )
    def test_without_an_answer_the_figure_says_why(self, page, tmp_path, weights, options, reason):
        open_view(page, tmp_path, ranking_explorer(weights, **options).children[-1])
        status = page.locator(".status").text_content()
        ranked = [rank for rank, _, _ in rows(page) if rank]
        if reason is None:
            assert len(ranked) == len(weights) - len(options["removed"])
            return
        assert status.startswith("No ranking: ")
        assert reason in status
        assert not ranked
        page.locator(".node .dot").last.hover()
        assert "no ranking" in page.locator(".readout").text_content()

    @pytest.mark.parametrize("n", [1, 2, 3, 64])
    def test_small_and_large_graphs_are_drawn(self, page, tmp_path, n):
        view = ranking_explorer(np.full((n, n), 1 / n)).children[-1]
        open_view(page, tmp_path, view)
        for measure in range(7):
            set_traits(page, measure_choice=measure)
            assert "NaN" not in page.locator(".ranking-view").evaluate("root => root.outerHTML")
            assert len(rows(page)) == n


# --- pointer and keyboard ------------------------------------------------------------------------


def removed(page):
    return page.evaluate("model.get('removed')")


def node(page, position):
    return page.locator(f'.node[data-position="{position}"]')


def row(page, position):
    return page.locator(f'.ranks button[data-position="{position}"]')


class TestPicking:
    def test_a_click_removes_a_token_and_another_brings_it_back(self, page, tmp_path):
        open_view(page, tmp_path, ranking_explorer(WEIGHTS[0, 0], TOKENS).children[-1])
        before = library.pagerank(WEIGHTS[0, 0])
        after = library.pagerank(library.remove_tokens(WEIGHTS[0, 0], 5))
        first = f"With all tokens: {number(before[5], 3)}, rank {rank(before, 5)} of 6."
        node(page, 5).locator(".dot").click()
        assert removed(page) == [5]
        assert page.locator(".readout").text_content() == f"“mat” is removed. {first}"
        assert rows(page)[-1] == ["", "mat", "removed"]
        assert page.locator(".status").text_content() == "5 of 6 tokens ranked. Removed: “mat”."
        for part in (node(page, 5), row(page, 5)):
            assert part.get_attribute("aria-pressed") == "true"
            assert "removed" in part.get_attribute("class")
        row(page, 1).hover()
        now = f"“cat”: PageRank {number(after[1], 3)}, rank {rank(after, 1)} of 5."
        then = f"With all tokens: {number(before[1], 3)}, rank {rank(before, 1)} of 6."
        assert page.locator(".readout").text_content() == f"{now} {then}"
        row(page, 5).click()
        assert removed(page) == []
        assert node(page, 5).get_attribute("aria-pressed") == "false"
        assert page.locator(".status").text_content() == "6 of 6 tokens ranked."

    def test_a_tap_removes_and_another_brings_back(self, browser, tmp_path):
        context = browser.new_context(offline=True, has_touch=True)
        page = context.new_page()
        open_view(page, tmp_path, ranking_explorer(WEIGHTS, TOKENS).children[-1])
        for expected in ([3], [], [3]):
            node(page, 3).locator(".dot").tap()
            assert removed(page) == expected
        context.close()

    def test_the_last_token_stays(self, page, tmp_path):
        view = ranking_explorer(WEIGHTS, TOKENS, removed=[0, 1, 2, 4, 5]).children[-1]
        open_view(page, tmp_path, view)
        node(page, 3).locator(".dot").click()
        assert removed(page) == [0, 1, 2, 4, 5]
        told = page.locator(".status").text_content()
        assert told == "“on” is the last token left and cannot be removed."
        node(page, 4).locator(".dot").click()
        assert removed(page) == [0, 1, 2, 5]

    @pytest.mark.parametrize(("measure", "end"), [("pagerank", 1), ("hubs", 0)])
    def test_pointing_lights_node_row_and_arrows(self, page, tmp_path, measure, end):
        open_view(page, tmp_path, ranking_explorer(WEIGHTS[0, 0], measure=measure).children[-1])
        assert page.locator(".lit").count() == 0
        assert page.locator(".readout").text_content().startswith("Point at a token")
        for part in (node(page, 2).locator(".dot"), row(page, 2)):
            part.hover()
            lit = page.locator(".lit").evaluate_all("all => all.map((e) => e.dataset.position)")
            assert lit == ["2", "2"]
            outlines = page.locator(".lit-edges path").evaluate_all(
                "paths => paths.map((path) => path.getAttribute('d')).join('')"
            )
            count = outlines.count("Q") + outlines.count("C")
            line = WEIGHTS[0, 0].take(2, axis=end)
            assert count == np.count_nonzero(line > 0.05)
        page.locator("figcaption").hover()
        assert page.locator(".lit").count() == 0

    def test_pointing_at_a_node_scrolls_the_list_to_its_row(self, page, tmp_path):
        weights, tokens = load_attention("long")
        open_view(page, tmp_path, ranking_explorer(weights, tokens).children[-1])
        last = page.locator(".ranks button").last
        position = last.get_attribute("data-position")
        node(page, position).locator(".dot").hover(force=True)
        box, frame = last.bounding_box(), page.locator(".ranks").bounding_box()
        assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
        assert page.evaluate("scrollY") == 0

    def test_the_keyboard_does_what_the_pointer_does(self, page, tmp_path):
        open_view(page, tmp_path, ranking_explorer(WEIGHTS, TOKENS, removed=[5]).children[-1])
        focused = "document.activeElement.dataset.position"
        page.keyboard.press("Tab")
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown"):
            page.keyboard.press(key)
        assert page.evaluate(focused) == "2"
        page.keyboard.press("Enter")
        assert removed(page) == [5, 2]
        assert page.locator(".readout").text_content().startswith("“sat” is removed.")
        page.keyboard.press(" ")
        assert removed(page) == [5]
        page.keyboard.press("Tab")  # one stop for all nodes: the next one is the best row
        order = [int(b) for b in page.locator(".ranks button").evaluate_all(POSITIONS)]
        assert page.evaluate(focused) == str(order[0])
        page.keyboard.press("ArrowDown")
        assert page.evaluate(focused) == str(order[1])
        page.keyboard.press("Enter")
        assert removed(page) == [5, order[1]]
        assert page.evaluate(focused) == str(order[1])  # the row has moved to the end
        assert page.evaluate("document.activeElement.tabIndex") == 0
        page.keyboard.press("ArrowUp")
        assert page.evaluate(focused) == "5"
        page.keyboard.press(" ")
        assert removed(page) == [order[1]]
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(focused) == "2"
        assert page.locator('.ranking-view [tabindex="0"]').count() == 2


POSITIONS = "buttons => buttons.map((button) => button.dataset.position)"


def rank(scores, position):
    return 1 + np.count_nonzero(scores > scores[position])


# --- a view's life -------------------------------------------------------------------------------


class TestLife:
    def test_a_view_can_be_shown_twice_and_taken_away(self, page, tmp_path):
        view = ranking_explorer(WEIGHTS, TOKENS).children[-1]
        assert_shown_twice_and_removed(
            page,
            tmp_path,
            view,
            dict(measure_choice=5, removed=[2], layer=1),
            dict(measure_choice=3, removed=[2, 4], head_choice=1),
        )

    @pytest.mark.parametrize("width", [360, 1000])
    def test_odd_tokens_are_shown_as_text_and_nothing_overflows(self, page, tmp_path, width):
        page.set_viewport_size({"width": width, "height": 800})
        odd = ["<i>&amp;", "", "\n", "🙂🙂🙂", "</script>", "word" * 30]
        open_view(page, tmp_path, ranking_explorer(WEIGHTS, odd, removed=[0]).children[-1])
        labels = page.locator(".graph .label").all_text_contents()
        assert labels[:4] == ["<i>&amp;", "(empty)", "␣", "🙂🙂🙂"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".ranks").evaluate("e => e.scrollWidth <= e.clientWidth")

    def test_text_stands_out_in_every_theme(self, page, tmp_path):
        view = ranking_explorer(WEIGHTS, TOKENS, removed=[1]).children[-1]
        colours = [
            (".readout", "color"),
            (".graph .label", "fill"),
            (".heading", "color"),
            (".status", "color"),
            (".ranks .token", "color"),
            (".ranks .rank", "color"),
            (".ranks .removed .token", "color"),
            (".node.removed .label", "fill"),
            ("figcaption", "color"),
            (".ranks i", "backgroundColor"),
        ]
        assert_readable(page, tmp_path, view, colours)
