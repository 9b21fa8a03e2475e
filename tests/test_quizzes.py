"""The questions at the chapters' ends: well formed, told in every view, and rightly answered."""

import re
from collections import Counter
from math import isclose

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest
import torch

from course_lib.attention import (
    attention,
    causal_mask,
    merge_heads,
    multi_head_attention,
    softmax,
    split_heads,
)
from course_lib.authoring import notebooks, pages
from course_lib.centrality import in_strength, pagerank
from course_lib.chapters import CHAPTERS, chapter_stem, quizzes
from course_lib.chapters.ch06_nlp import tasks as nlp_tasks
from course_lib.chapters.reading import SourceError
from course_lib.exercises.registry import find_exercise
from course_lib.explain import value_aware_weights
from course_lib.flow import max_flow
from course_lib.graph import attention_graph
from course_lib.heads import duplicate_score, head_distance, induction_score, offset_score
from course_lib.nn.gat import GraphAttention, GraphAttentionV2
from course_lib.nn.pooling import AttentionPooling
from course_lib.nn.sparse import sparsemax
from course_lib.nn.training import seeded
from course_lib.nn.vision import SelfAttention2d
from course_lib.patterns import layers_to_full_reach, window_pattern
from course_lib.rollout import residual_layers, rollout, rollout_row
from course_lib.sparsity import error_bound, threshold, top_k

QUIZZES = {name: quizzes.quiz(name) for name in CHAPTERS.values()}
QUESTION = "## What?\n\n- [x] This\n  It is.\n- [ ] That\n  Not it.\n- [ ] Those\n  Not they.\n"
FIVE = QUESTION * quizzes.COUNT


def test_a_quiz_is_read():
    first, *others = quizzes.read_quiz(FIVE, "quiz.md")
    assert (first.text, first.answer.text, first.answer.why) == ("What?", "This", "It is.")
    assert [option.right for option in first.options] == [True, False, False]
    assert len(others) == quizzes.COUNT - 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- [x] This", "- [ ] This", "question 1 needs one right option and has 0"),
        ("- [ ] That", "- [x] That", "question 1 needs one right option and has 2"),
        ("  Not it.\n", "", "question 1: 'That' has no explanation"),
        ("- [ ] That", "- [y] That", r"question 1: \[y\] is neither"),
        ("- [ ] That", "- [ ] This", "question 1 has the same option twice"),
        ("- [ ] That\n  Not it.\n", "", "question 1 needs 3 or 4 options and has 2"),
        ("- [ ] That", "* That", "question 1: .* belongs to no option"),
        ("## What?", "Welcome.\n\n## What?", "something stands before the first question"),
        (QUESTION, "", "a chapter has 5 questions, this one 4"),
    ],
)
def test_a_fault_is_named_with_its_place(old, new, message):
    with pytest.raises(SourceError, match=f"^quiz.md.*{message}"):
        quizzes.read_quiz(FIVE.replace(old, new, 1), "quiz.md")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_its_questions_in_every_view(chapter):
    stem = chapter_stem(chapter)
    questions = quizzes.quiz(chapter)
    assert len(questions) == quizzes.COUNT
    told = [c.source for c in notebooks.learner_notebook(stem).cells if "answer" in c.source]
    told = [source for source in told if '<details class="answer">' in source]
    assert len(told) == len(questions)
    for question, source in zip(questions, told, strict=True):
        for option in question.options:
            assert option.text in source or "](" in option.text
            assert option.why in source or "](" in option.why
    assert f":::{{quiz}} {stem} en" in pages.page(stem)
    last = re.findall(r"^## .+", pages.page(stem), re.M)[-2:]
    assert last == ["## Five questions", "## Recap"]


def test_a_translation_without_questions_has_none():
    assert quizzes.quiz("01", "de") == ()
    assert "{quiz}" not in pages.page(chapter_stem("01"), "de")


def guessable(quizzes_of_all):
    """Tell what gives the answers away: a favoured place, or that the right one is the longest."""
    questions = [question for quiz in quizzes_of_all for question in quiz]
    places = Counter(q.options.index(q.answer) for q in questions)
    longest = sum(max(q.options, key=lambda o: len(o.text)) == q.answer for q in questions)
    found = ["the place"] * (max(places.values()) > len(questions) / 2)
    found += ["the place within a chapter"] * any(
        len({q.options.index(q.answer) for q in quiz}) < 2 for quiz in quizzes_of_all
    )
    return found + ["the length"] * (longest > len(questions) / 2)


def test_neither_place_nor_length_gives_the_answer_away():
    assert guessable(QUIZZES.values()) == []
    always_first = quizzes.read_quiz(FIVE, "quiz.md")
    assert guessable([always_first]) == ["the place", "the place within a chapter"]
    longer = FIVE.replace("- [x] This", "- [x] This, which is longer")
    assert guessable([quizzes.read_quiz(longer, "quiz.md")])[-1] == "the length"


# The answers. Each function returns what the right option begins with, or says, computed here.


def total_received():
    weights = np.zeros((10, 10))
    weights[:, 3] = 1
    return f"{in_strength(weights)[3]:.0f}, "


def way_of_information():
    weights = np.eye(6)
    weights[5, 5], weights[5, 2] = 0.1, 0.9
    graph = attention_graph(weights, direction="flow")
    ((start, end),) = [edge for edge in graph.edges if edge[0] != edge[1]]
    return f"{start} → {end}"


def edges_of_five():
    graph = attention_graph(softmax(np.random.default_rng(0).normal(size=(5, 5))))
    return str(graph.number_of_edges())


def same_weights():
    rows = {(0, 2, 4): "(0, 2, 4)", (2, 1, 0): "(2, 1, 0)", (10, 11, 12): "(10, 11, 12)"}
    own = softmax(np.array([[0.0, 1.0, 2.0]]))
    (same,) = [k for k in rows if np.allclose(softmax(np.array([k], dtype=float)), own)]
    return rows[same]


def weight_of_zero():
    rows = [[0.0, 0, 0, 0], [0.0, 5, 5, 5], [0.0, -5, -5, -5]]
    first = softmax(np.array(rows))[:, 0]
    assert first[0] == 0.25
    assert first[1] < 0.25 < first[2]
    return "It depends"


def spread_of_dot_products():
    query, key = np.random.default_rng(0).normal(size=(2, 100_000, 64))
    return f"{(query * key).sum(axis=1).std():.0f}"


def masked_too_late():
    weights = softmax(np.random.default_rng(0).normal(size=(4, 4)))
    assert ((weights * causal_mask(4)).sum(axis=1)[:-1] < 1).all()
    return "Rows with forbidden keys now sum to less than 1"


def swapped_tokens():
    x = np.random.default_rng(0).normal(size=(8, 4))
    order = np.arange(8)
    order[[3, 7]] = 7, 3
    before, after = (attention(y, y, y)[0] for y in (x, x[order]))
    assert np.allclose(before[5], after[5])
    return "Nothing."


def head_of_split():
    x = np.random.default_rng(0).normal(size=(6, 8))
    assert np.array_equal(split_heads(x, 2)[0], x[:, :4])
    assert np.array_equal(merge_heads(split_heads(x, 2)), x)
    return "Four features of each of the six tokens"


def divisor():
    x = np.random.default_rng(0).normal(size=(4, 512))
    identity = [np.eye(512)] * 4
    _, weights = multi_head_attention(x, *identity, num_heads=8)
    part = split_heads(x, 8)[0]
    (right,) = [
        s for s in (512**0.5, 8, 8**0.5) if np.allclose(weights[0], softmax(part @ part.T / s))
    ]
    return f"By {right}"


def shared_vectors():
    x = np.random.default_rng(0).normal(size=(9, 5))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert (attention(x, x, x)[1].argmax(axis=1) == np.arange(9)).all()
    return "To itself"


def features_of_a_query():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(4, 8)), rng.normal(size=(4, 8, 8))
    before = multi_head_attention(x, *w, num_heads=2)[1][0, 0, 0]
    for feature in range(8):
        changed = x.copy()
        changed[0, feature] += 1
        assert multi_head_attention(changed, *w, num_heads=2)[1][0, 0, 0] != before
    return "All of them"


def mean_of_two_heads():
    before, after = np.roll(np.eye(5), -1, axis=1), np.roll(np.eye(5), 1, axis=1)
    mean = (before + after) / 2
    assert (np.sort(mean, axis=1)[:, -2:] == 0.5).all()
    assert (head_distance(mean, np.stack([before, after])) > 0.4).all()
    return "Half on either neighbour"


def degree():
    graph = attention_graph(softmax(np.random.default_rng(0).normal(size=(20, 20))))
    degrees = set(nx.degree_centrality(graph).values())
    assert len(degrees) == 1
    assert max(degrees) > 1
    return "The same for each"


def attention_from_the_central():
    # 0 and 1 receive the same; 0 from the sink 2, and 1 from 3, which hardly anybody attends to
    weights = np.array([[0, 0, 1, 0], [0, 0, 1, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0.5, 0]])
    received, rank = in_strength(weights), pagerank(weights)
    assert received[0] == received[1]
    assert rank[2] > rank[3]
    assert rank[0] > rank[1]
    return "If its attention comes from tokens that are themselves more central"


def no_damping():
    ranks = pagerank(softmax(np.random.default_rng(0).normal(size=(7, 7))), damping=0)
    assert np.allclose(ranks, 1 / 7)
    return "The same for each"


def strongest_way():
    ways = nx.DiGraph()
    for start, end, weight in (("i", "j", 0.1), ("i", "k", 0.5), ("k", "j", 0.4)):
        ways.add_edge(start, end, length=-np.log(weight))
    return "The detour" if len(nx.shortest_path(ways, "i", "j", weight="length")) == 3 else ""


def neutral_difference():
    scale = plt.Normalize(-0.1, 0.5)
    (middle,) = [d for d in (0, 0.2) if isclose(scale(d), 0.5)]
    return f"{middle}"


def sorted_matrix():
    weights = softmax(np.random.default_rng(0).normal(size=(6, 6)))
    order = np.random.default_rng(1).permutation(6)
    assert np.allclose(pagerank(weights)[order], pagerank(weights[order][:, order]))
    return "Nothing but the numbering"


def order_unseen():
    task = nlp_tasks.opinions_task()
    blind = nlp_tasks.opinions_model(task, seed=0, positional=False)
    one, two, three, four, padding = 5, 6, 7, 8, 0
    texts = torch.tensor([
        [one, two, three, four], [four, two, three, one],  # good but not bad, bad but not good
        [one, two, padding, padding], [one, one, two, padding],  # not good, not not good
        [one, three, padding, padding],  # not bad
    ])  # fmt: skip
    with torch.no_grad():
        answers = blind(texts).softmax(dim=-1).numpy()
    assert np.allclose(answers[0], answers[1], atol=1e-6)
    assert not np.allclose(answers[2], answers[3], atol=1e-4)
    assert not np.allclose(answers[2], answers[4], atol=1e-4)
    return "*good but not bad* and *bad but not good*"


def cross_attention():
    rng = np.random.default_rng(0)
    key = rng.normal(size=(15, 4))
    _, weights = attention(rng.normal(size=(10, 4)), key, key)
    assert np.allclose(weights.sum(axis=1), 1)
    return str(weights.shape)


def number_of_a_pixel():
    return str(np.arange(15).reshape(3, 5)[2, 1])


def edges_of_an_image():
    return f"{(2 * 10) ** 4 // 10**4} times"


def first_step():
    block = seeded(lambda: SelfAttention2d(8), seed=0)
    image = torch.randn(1, 8, 3, 4, generator=torch.Generator().manual_seed(0))
    before = {name: p.detach().clone() for name, p in block.named_parameters()}
    optimizer = torch.optim.SGD(block.parameters(), lr=0.1)
    block(image).square().sum().backward()
    optimizer.step()
    moved = [n for n, p in block.named_parameters() if not torch.equal(p, before[n])]
    assert moved == ["gamma"]
    return "Only $\\gamma$"


def shuffled_pixels():
    block = seeded(lambda: SelfAttention2d(8), seed=0)
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, 8, 3, 4, generator=generator)
    order = torch.randperm(12, generator=generator)

    def shuffle(x):
        return x.flatten(2)[..., order].reshape(x.shape)

    with torch.no_grad():
        block.gamma.fill_(1)
        assert torch.allclose(block(shuffle(image)), shuffle(block(image)), atol=1e-5)
        assert not torch.allclose(block(shuffle(image)), block(image), atol=1e-2)
    return "The result of the original image, shuffled"


def lonely_node():
    row = torch.full((1, 4), -9e15).softmax(dim=-1)
    assert (row == 0.25).all()
    return "Equal weights on all nodes"


def self_loop():
    weights = softmax(np.zeros((1, 4)))
    return f"1/{1 / weights[0, 0]:.0f}"


def edge_list():
    small, large = (nx.random_regular_graph(4, n, seed=0).number_of_edges() for n in (100, 200))
    assert large == 2 * small
    return "To twice as many"


def shared_preference():
    x = torch.randn(20, 8, generator=torch.Generator().manual_seed(0))

    def orders(kind, seed):
        layer = seeded(lambda: kind(8, 8, form="pairwise"), seed)
        with torch.no_grad():
            logits = layer.pairwise_logits(*layer.project(x))[0]
        return {bool(row[0] > row[1]) for row in logits}

    assert all(len(orders(GraphAttention, seed)) == 1 for seed in range(20))
    assert any(len(orders(GraphAttentionV2, seed)) == 2 for seed in range(20))
    return "It gives $j$ the larger weight, too"


def flow_of(*ways):
    """The maximum flow through ways that share no edge, each a list of capacities."""
    pipes = nx.DiGraph()
    for number, way in enumerate(ways):
        stops = ["out", *((number, k) for k in range(len(way) - 1)), "in"]
        for start, end, capacity in zip(stops, stops[1:], way, strict=False):
            pipes.add_edge(start, end, capacity=capacity)
    return f"{nx.maximum_flow_value(pipes, 'out', 'in'):.1f}"


def saturated_pair():
    first = softmax(np.random.default_rng(0).normal(size=(6, 6)))
    layers = np.stack([first, *[np.full((6, 6), 1 / 6)] * 3])[:, None]
    bound = np.minimum(1, residual_layers(layers)[0].sum(axis=0))
    flows = [max_flow(layers, output, 2)[0] for output in (0, 4)]
    assert np.allclose(flows, bound[2])
    one_more = np.concatenate([layers, softmax(np.random.default_rng(1).normal(size=(1, 1, 6, 6)))])
    assert isclose(max_flow(one_more, 0, 2)[0], flows[0])


def saturated_equal():
    saturated_pair()
    return "They are equal"


def saturated_stay():
    saturated_pair()
    return "They stay as they are"


def order_of_layers():
    layers = softmax(np.random.default_rng(0).normal(size=(2, 1, 5, 5)))
    first, second = residual_layers(layers)
    assert np.allclose(rollout(layers), second @ first)
    assert not np.allclose(rollout(layers), first @ second)
    return "$\\hat A_2 \\hat A_1$"


def residual_self_loop():
    weights = np.array([[[[0.2, 0.8], [0.5, 0.5]]]])
    return f"{residual_layers(weights)[0, 0, 0]:.1f}"


def empty_row():
    weights = np.full((64, 64), 1 / 64)
    assert not (weights > 0.1).any()
    assert (threshold(weights, 0.1) > 0).sum(axis=1).tolist() == [1] * 64
    return "It may keep nothing"


def bound_on_outputs():
    weights = np.array([[0.9, 0.1]])
    bound = error_bound(weights, top_k(weights, 1), np.array([[1.0], [-1.0]]))
    return f"By at most {bound[0]:.1f}"


def dropped_key():
    row = torch.tensor([1.0, 0.7, -1.0], requires_grad=True)
    sparsemax(row)[0].backward()
    assert row.grad[2] == 0
    return "Nothing"


def layers_of_a_window():
    return str(layers_to_full_reach(window_pattern(100, 5)))


def padded_pools():
    padded = np.array([4, 2, 0, 0])
    return f"{padded.mean()} and {padded.max()}"


def localisation_of_ties():
    cell = {"np": np}
    exec(find_exercise("pooling-5").solution, cell)
    weights, wanted = np.full(6, 1 / 6), np.arange(6) < 2
    return f"{cell['localisation'](weights, wanted)}"


def doubled_bag():
    pool = seeded(lambda: AttentionPooling(5, 8), 0)
    h = torch.rand(1, 4, 5, generator=torch.Generator().manual_seed(0))
    twice = torch.cat([h, h], dim=1)
    with torch.no_grad():
        assert torch.allclose(pool(h), pool(twice), atol=1e-6)
    assert torch.allclose(h.mean(dim=1), twice.mean(dim=1))
    assert not torch.allclose(h.sum(dim=1), twice.sum(dim=1))
    return "None of mean, maximum and attention"


def induction():
    tokens = ["A", "B", "C", "A"]
    looks = {"At the first A": 0, "At the B": 1, "At the token before the second A": 2}
    found = []
    for said, key in looks.items():
        weights = np.eye(4)[None, None].copy()
        weights[0, 0, 3] = np.eye(4)[key]
        if induction_score(weights, tokens)[0, 0] == 1:
            found.append(said)
        assert (duplicate_score(weights, tokens)[0, 0] == 1) == (key == 0)
        assert (offset_score(weights, -1)[0, 0] > 0) == (key == 2)
    (only,) = found
    return only


def end_of_a_walk():
    causal = softmax(np.where(causal_mask(12), 0.0, -np.inf))
    row = rollout_row(np.array([[causal]] * 30)[:, 0], 11)
    assert row[0] > 0.9
    return "At token 0"


def contribution():
    weights = np.array([[[0.8, 0.2]]])
    values = np.array([[[1.0, 0.0], [0.0, 10.0]]])
    carried = value_aware_weights(weights, values, np.eye(2)[None])[0]
    return f"Key 1, with a vector of length {carried[1]:g} against one of {carried[0]:g}"


def p_value():
    cell = {"np": np}
    exec(find_exercise("explain-7").solution, cell)
    differences = np.ones(20)
    signs = np.random.default_rng(0).choice([-1, 1], size=(99, 20))
    return f"{cell['flip_p_value'](differences, signs):.2f}"


ANSWERS = {
    ("graph_view", 1): total_received,
    ("graph_view", 2): way_of_information,
    ("graph_view", 3): edges_of_five,
    ("weights", 1): same_weights,
    ("weights", 2): weight_of_zero,
    ("weights", 3): spread_of_dot_products,
    ("weights", 4): masked_too_late,
    ("weights", 5): swapped_tokens,
    ("multi_head", 1): head_of_split,
    ("multi_head", 2): divisor,
    ("multi_head", 3): shared_vectors,
    ("multi_head", 4): features_of_a_query,
    ("multi_head", 5): mean_of_two_heads,
    ("centrality", 1): degree,
    ("centrality", 2): attention_from_the_central,
    ("centrality", 3): no_damping,
    ("centrality", 4): strongest_way,
    ("heatmaps", 4): neutral_difference,
    ("heatmaps", 5): sorted_matrix,
    ("nlp", 3): order_unseen,
    ("nlp", 4): cross_attention,
    ("vision", 1): number_of_a_pixel,
    ("vision", 2): edges_of_an_image,
    ("vision", 3): first_step,
    ("vision", 4): shuffled_pixels,
    ("gat", 1): lonely_node,
    ("gat", 2): self_loop,
    ("gat", 3): edge_list,
    ("gat", 4): shared_preference,
    ("flow", 1): lambda: flow_of([0.5, 0.2, 0.4]),
    ("flow", 2): lambda: flow_of([0.6, 0.9], [0.4, 0.3]),
    ("flow", 4): saturated_equal,
    ("flow", 5): saturated_stay,
    ("rollout", 1): order_of_layers,
    ("rollout", 2): residual_self_loop,
    ("sparse", 1): empty_row,
    ("sparse", 2): bound_on_outputs,
    ("sparse", 3): dropped_key,
    ("sparse", 4): layers_of_a_window,
    ("pooling", 1): padded_pools,
    ("pooling", 3): localisation_of_ties,
    ("pooling", 5): doubled_bag,
    ("causal", 1): induction,
    ("causal", 5): end_of_a_walk,
    ("explain", 1): contribution,
    ("explain", 4): p_value,
}


@pytest.mark.parametrize("place", ANSWERS, ids=lambda place: "-".join(map(str, place)))
def test_what_can_be_computed_is_what_is_right(place):
    chapter, number = place
    question = QUIZZES[chapter][number - 1]
    computed = ANSWERS[place]()
    begun = [option for option in question.options if option.text.startswith(computed)]
    assert begun == [question.answer], f"question {number} of {chapter}'s quiz.md against ANSWERS"
