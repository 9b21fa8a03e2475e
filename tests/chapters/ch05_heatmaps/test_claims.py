"""What chapter 05 says in general, tried on all recorded sentences and on made-up matrices."""

import matplotlib
import numpy as np
import pytest

from course_lib.attention import softmax
from course_lib.centrality import in_strength, pagerank, remove_tokens
from course_lib.chapters import chapter_folder
from course_lib.data import available, load_attention
from course_lib.heads import offset_score
from course_lib.plots import attention_heatmap, spectral_order
from course_lib.plots.cells import COLOURS, DIVERGING

each_sentence = pytest.mark.parametrize("name", available())


def fiedler_vector(weights, normalised):
    close = (weights + weights.T) / 2
    np.fill_diagonal(close, 0)
    degree = close.sum(axis=1)
    laplacian = np.diag(degree) - close
    if normalised:
        laplacian /= np.sqrt(np.outer(degree, degree))
    return np.linalg.eigh(laplacian)[1][:, 1], degree


def test_on_a_scale_of_its_own_the_first_head_of_the_first_figure_darkens():
    heads = load_attention("negation")[0][0, [0, 2]]
    assert heads[0].max() < 0.5 * heads[1].max()


def test_a_nearly_uniform_matrix_looks_strong_on_its_own_scale():
    flat = softmax(0.2 * np.random.default_rng(0).normal(size=(6, 6)))
    assert np.mean(flat > 0.75 * flat.max()) > 0.5  # "many cells look strong"
    assert flat.max() < 0.25  # "and none of them is"


@each_sentence
def test_in_the_middle_layers_cls_takes_about_half_of_the_attention_or_more(name):
    weights, tokens = load_attention(name)
    received = weights[1:5].mean(axis=1).sum(axis=1) / len(tokens)
    assert (received.argmax(axis=1) == 0).all()
    assert (received[:, 0] > 0.44).all()


def test_on_a_log_scale_the_two_clauses_come_apart():
    weights, tokens = load_attention("negation")
    layer = np.log(weights[2].mean(axis=0))
    clauses = [range(1, 6), range(8, 13)]
    assert [[tokens[i] for i in clause] for clause in clauses] == [
        ["the", "film", "was", "not", "good"],
        ["nobody", "said", "that", "it", "was"],
    ]
    inside = np.array([layer[i, j] for c in clauses for i in c for j in c if i != j])
    across = np.array([layer[i, j] for a, b in (clauses, clauses[::-1]) for i in a for j in b])
    assert np.mean(inside[:, None] > across) > 0.8
    # On the linear scale nearly all of these cells are pale.
    assert np.mean(np.exp(inside) < 0.15) > 0.9


@each_sentence
def test_the_stripe_of_the_token_before_comes_mostly_from_head_2(name):
    weights, _ = load_attention(name)
    before = np.diagonal(weights, offset=-1, axis1=2, axis2=3).mean(axis=-1)
    stripe = before[0].mean() - before[5].mean()
    without = np.delete(before[0], 2).mean() - before[5].mean()
    assert before[0].argmax() == 2
    assert stripe > 0
    assert without < stripe / 2


def test_the_orange_column_is_cls():
    weights, tokens = load_attention("negation")
    column = (weights[0] - weights[5]).mean(axis=0).mean(axis=0)
    assert tokens[column.argmin()] == "[CLS]"


def test_the_second_eigenvector_singles_out_a_weakly_joined_token_unless_normalised():
    alone = {False: [], True: []}
    for name in available():
        for weights in load_attention(name)[0].reshape(-1, *load_attention(name)[0].shape[2:]):
            for normalised, found in alone.items():
                vector, degree = fiedler_vector(weights, normalised)
                if (vector**2).max() > 0.8:
                    found.append(degree.argmin() == (vector**2).argmax())
    assert len(alone[False]) > 20
    assert np.mean(alone[False]) > 0.9  # the token with the smallest sum
    assert not alone[True]


def test_the_second_eigenvector_is_the_best_of_those_that_sum_to_zero():
    rng = np.random.default_rng(1)
    for _ in range(20):
        close = softmax(rng.normal(size=(7, 7)))
        close = (close + close.T) / 2
        laplacian = np.diag(close.sum(axis=1)) - close
        values, vectors = np.linalg.eigh(laplacian)
        x = rng.normal(size=7)
        form = x @ laplacian @ x
        assert form == pytest.approx((close * np.subtract.outer(x, x) ** 2).sum() / 2)
        assert np.allclose(np.ptp(vectors[:, 0]), 0)
        x -= x.mean()
        assert x @ laplacian @ x >= values[1] * (x @ x) - 1e-12


def test_words_that_occur_twice_look_at_their_other_occurrence_in_the_head_shown():
    weights, words = load_attention("repeated_words")
    between = remove_tokens(weights[1, 1], [0, len(words) - 1])
    words = np.array(words[1:-1])
    twice = [i for i, word in enumerate(words) if np.count_nonzero(words == word) == 2]
    assert {str(words[i]) for i in twice} == {"dog", "that", "chased", "cat"}
    for i in twice:
        favourite = between[i].argmax()
        assert favourite != i
        assert words[favourite] == words[i]
    with_marks = weights[1, 1][1:-1].argmax(axis=1)  # 0 is [CLS]
    assert np.mean(with_marks[twice] == 0) > 0.5


def far_apart(weights, order):
    """Return how far from the diagonal the weights lie in an order."""
    apart = np.abs(np.subtract.outer(np.arange(len(order)), np.arange(len(order))))
    return (weights[np.ix_(order, order)] * apart).sum()


def test_in_spectral_order_equal_words_stand_side_by_side_in_the_head_shown():
    weights, words = load_attention("repeated_words")
    order = spectral_order(remove_tokens(weights[1, 1], [0, len(words) - 1]))
    sorted_words = np.array(words[1:-1])[order].tolist()
    for word in set(sorted_words):
        first, count = sorted_words.index(word), sorted_words.count(word)
        assert sorted_words[first : first + count] == [word] * count


@each_sentence
def test_for_the_head_of_the_token_before_the_order_of_reading_is_as_good_as_the_sorted_one(name):
    weights = load_attention(name)[0][0, 2]
    reading = far_apart(weights, np.arange(len(weights)))
    assert reading == pytest.approx(far_apart(weights, spectral_order(weights)), rel=1e-3)


def test_the_smaller_the_second_eigenvalue_the_more_easily_the_graph_falls_into_two_parts():
    found = []
    for links in (2, 4, 6):
        group = np.repeat([0, 1], 4)
        close = softmax(-links * (group[:, None] != group))
        close = (close + close.T) / 2
        found.append(np.linalg.eigvalsh(np.diag(close.sum(axis=1)) - close)[1])
    assert found[0] > found[1] > found[2]


def test_sorting_makes_noise_look_less_like_noise():
    rng = np.random.default_rng(0)
    apart = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    for _ in range(30):
        noise = softmax(rng.normal(size=(12, 12)))
        order = spectral_order(noise)
        assert (noise[np.ix_(order, order)] * apart).sum() < (noise * apart).sum()


def test_separate_parts_may_be_mixed_without_care_and_are_not_by_spectral_order():
    parts = np.kron(np.eye(3), np.full((3, 3), 1 / 3))
    values = np.linalg.eigvalsh(np.diag(parts.sum(axis=1)) - parts)
    assert np.allclose(values[:3], 0)  # 0 occurs once for each part
    shuffled = np.random.default_rng(2).permutation(9)
    order = spectral_order(parts[np.ix_(shuffled, shuffled)])
    assert np.count_nonzero(np.diff(shuffled[order] // 3)) == 2


def test_pagerank_sees_who_attends_and_in_strength_does_not():
    text = (chapter_folder("heatmaps") / "chapter.md").read_text()
    code = text[text.index("hidden = np.array") :].split("\nattention_explorer")[0]
    made = {"np": np}
    exec(code, made)
    strength, rank = in_strength(made["hidden"]), pagerank(made["hidden"])
    a, b, c = 0, 1, 2
    assert strength[a] == pytest.approx(strength[c])
    assert rank[c] > 1.3 * rank[a]
    assert strength.argmax() == rank.argmax() == b
    assert list(made["hidden"][:, c]).index(made["hidden"][:, c].max()) == b


@pytest.mark.parametrize(("name", "turns"), [(COLOURS, 0), (DIVERGING, 1)])
def test_lightness_runs_one_way_or_turns_once_in_the_maps_used(name, turns):
    colours = matplotlib.colormaps[name](np.linspace(0, 1, 33))[:, :3]
    steps = np.sign(np.diff(colours @ (0.2126, 0.7152, 0.0722)))
    assert np.count_nonzero(np.diff(steps)) == turns


def test_a_weight_of_zero_is_hatched_on_a_log_scale():
    weights = [[1.0, 0.0], [0.5, 0.5]]
    assert "1 cells are hatched" in attention_heatmap(weights, scale="log").alt
    assert "hatched" not in attention_heatmap(weights).alt


@each_sentence
def test_one_head_of_the_first_layer_adds_most_to_the_token_before(name):
    scores = offset_score(load_attention(name)[0][0], -1)
    assert scores.argmax() == 2
    assert scores[2] > 2 * np.delete(scores, 2).max()
