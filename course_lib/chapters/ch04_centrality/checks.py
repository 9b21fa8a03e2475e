"""The checks of chapter 04: centrality, or which tokens matter."""

import functools

import networkx as nx
import numpy as np
from scipy.stats import kendalltau

from course_lib.attention import softmax
from course_lib.centrality import (
    closeness,
    hits,
    in_strength,
    pagerank,
    rank_correlation,
    remove_tokens,
    stationary_distribution,
)
from course_lib.data import available, load_attention, load_leave_one_out
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare, compare_choice, read_array
from course_lib.language import say


def _lengths(rng):
    return [(n,) for n in (6, 3, 2, 15, 64)]


def _judge_degree(cases, values):
    for (n,), value in zip(cases, values, strict=True):
        mistakes = [
            (2.0, "The self-loop counts too, as an edge that leaves and as one that arrives."),
            (n / (n - 1), "Edges that leave and edges that arrive both count."),
            (2 * n, "NetworkX divides by n - 1, the number of other nodes."),
            ((2 * n - 1) / (n - 1), "The self-loop counts twice: it leaves and it arrives."),
        ]
        compare(value, 2 * n / (n - 1), say("The degree centrality for {n} tokens", n=n), mistakes)


def _walks(rng):
    """Make asymmetric weights, a walk that would go round for ever, and one that gets stuck."""
    round_and_round = np.roll(np.eye(3), 1, axis=1)
    round_and_round[0] = [0.5, 0.25, 0.25]
    stuck = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    cases = [(softmax(2 * rng.normal(size=(n, n))), c) for n, c in ((3, 0.5), (5, 0.85), (4, 0.0))]
    return [*cases, (round_and_round, 0.9), (stuck, 0.85)]


def _judge_pagerank(cases, values):
    for (weights, damping), value in zip(cases, values, strict=True):
        right = pagerank(weights, damping=damping)
        n = len(weights)
        back = weights.T / weights.T.sum(axis=1, keepdims=True)
        mistakes = [
            (np.full(n, 1 / n), _EQUAL_SHARES),
            (pagerank(back, damping=damping), "The edges run the wrong way: from query to key."),
            (n * right, "The shares should sum to 1: the jump gives each token (1 - damping) / n."),
            (in_strength(weights) / n, "That is one step. Repeat until nothing changes."),
        ]
        if 0 < damping < 1:
            swapped = pagerank(weights, damping=1 - damping)
            mistakes.append((swapped, "Damping is the chance to follow an edge, not to jump."))
        compare(value, right, say("PageRank at damping {damping}", damping=damping), mistakes)


_EQUAL_SHARES = (
    "All shares came out equal. What arrives at a token is the sum down its column, "
    "`weights.T @ shares`."
)


def _sizes(rng):
    return [(3,), (4,), (7,)]


def _judge_silent(cases, values):
    for (n,), value in zip(cases, values, strict=True):
        weights = read_array(value, f"`silent_weights({n})`", shape=(n, n))
        if (weights <= 0).any():
            raise Wrong("Every weight should be positive.")
        if not np.allclose(weights.sum(axis=1), 1, atol=1e-3):
            raise Wrong("The rows should sum to 1.")
        if np.ptp(weights) < 1e-3:
            raise Wrong("All weights are the same; find some that differ.")
        shares = pagerank(weights / weights.sum(axis=1, keepdims=True))
        if np.ptp(shares) > 1e-3:
            raise Wrong(
                "PageRank still differs, from {low:.3f} to {high:.3f}. The columns sum to {sums}.",
                low=shares.min(),
                high=shares.max(),
                sums=np.array2string(weights.sum(axis=0), precision=2),
            )


def _ways(rng):
    """Make graphs in which the direct edge is seldom the strongest way; then one where it is."""
    chain = np.array(
        [[0.1, 0.8, 0.1, 0.0], [0, 0.1, 0.9, 0], [0.2, 0, 0.1, 0.7], [0.4, 0.3, 0, 0.3]]
    )
    cases = [(chain, 0, 3), (chain, 3, 2)]
    for n in (5, 6):
        weights = softmax(4 * rng.normal(size=(n, n)))
        cases += [(weights, start, end) for start, end in ((0, n - 1), (n - 1, 1), (2, 3))]
    return [*cases, (np.array([[0.2, 0.3, 0.5], [0.3, 0.3, 0.4], [0.6, 0.2, 0.2]]), 0, 2)]


def _judge_way(cases, values):
    for (weights, start, end), value in zip(cases, values, strict=True):
        way = (
            read_array(value, say("The way from {start} to {end}", start=start, end=end))
            .ravel()
            .tolist()
        )
        if way == _way(weights, start, end, lambda weight: -np.log(weight)):
            continue
        for mistaken, sentence in (
            (_way(weights, start, end, lambda weight: weight), _AS_LENGTHS),
            (_way(weights, start, end, lambda weight: 1 / weight), _RECIPROCAL),
            (_way(weights, start, end, lambda weight: 1), "That way has the fewest edges."),
            (_way(weights.T, start, end, lambda weight: -np.log(weight)), _REVERSED),
        ):
            if way == mistaken:
                raise Wrong(sentence)
        if way[:1] != [start] or way[-1:] != [end]:
            raise Wrong(
                "The way should begin with {start} and end with {end}, got {way}.",
                start=start,
                end=end,
                way=way,
            )
        raise Wrong(
            "From {start} to {end} there is a way with a larger product than {way}.",
            start=start,
            end=end,
            way=way,
        )


_AS_LENGTHS = (
    "That is the shortest way if weights are lengths, or if there are none: -ln w is wanted."
)
_RECIPROCAL = "That is the way for lengths such as 1 / w, whose sum is not the product; use -ln w."
_REVERSED = "The edges run the wrong way: weights[i, j] is the edge from i to j."


def _way(weights, start, end, length):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(weights)))
    for i, j in np.argwhere(weights > 0).tolist():
        graph.add_edge(i, j, length=length(weights[i, j]))
    try:
        return nx.shortest_path(graph, start, end, weight="length")
    except nx.NetworkXNoPath:
        return None


def _removals(rng):
    crafted = np.array([[0.5, 0.25, 0.25], [0.5, 0.5, 0.0], [0.2, 0.2, 0.6]])
    cases = [
        (softmax(2 * rng.normal(size=(n, n))), gone)
        for n, gone in ((4, [0]), (5, [0, 4]), (6, [3, 1]), (4, []), (5, [1, 2, 3, 4]))
    ]
    return [(crafted, [0]), *cases]


def _judge_without(cases, values):
    for (weights, gone), value in zip(cases, values, strict=True):
        right = remove_tokens(weights, gone)
        stay = [i for i in range(len(weights)) if i not in gone]
        rest = weights[np.ix_(stay, stay)]
        columns = weights[:, stay] / weights[:, stay].sum(axis=1, keepdims=True)
        whole = rest / rest.sum()
        zeroed = weights.copy()
        zeroed[gone], zeroed[:, gone] = 0, 0
        total = zeroed.sum(axis=1, keepdims=True)
        mistakes = [
            (rest, "Divide each row by its sum, so that it sums to 1 again."),
            (rest / rest.sum(axis=0), "The columns are divided; it is the rows that sum to 1."),
            (rest / rest.sum(axis=1), "Each column is divided by the sum of a row: keepdims=True."),
            (whole, "Divide each row by its own sum, not everything by the sum of all."),
            (columns, "Only the columns are gone: the removed tokens should not ask either."),
            (zeroed, "The removed tokens are set to 0 but still there."),
            (zeroed / np.where(total == 0, 1, total), _STILL_THERE),
        ]
        compare(value, right, say("Without {gone}, the weights", gone=gone), mistakes)


_STILL_THERE = "The removed tokens are set to 0 but still there: take out rows and columns."


def _scores(rng):
    cases = [(rng.permutation(n) ** 3.0, rng.normal(size=n)) for n in (16, 12, 9)]
    rising = np.sort(rng.normal(size=6))
    return [*cases, (rising, np.exp(3 * rising)), (rising, -(rising**3))]


def _judge_agreement(cases, values):
    for (first, second), value in zip(cases, values, strict=True):
        right = rank_correlation(first, second)
        order = np.corrcoef(np.argsort(first), np.argsort(second))
        mistakes = [
            (np.corrcoef(first, second)[0, 1], "That correlates the scores, not their ranks."),
            (order[0, 1], "Sorted positions are not ranks yet: argsort once more."),
            (np.array([[1, right], [right, 1]]), "A matrix came back; its entry [0, 1] is wanted."),
            (kendalltau(first, second).statistic, "That is Kendall's rank correlation."),
            (-right, "The sign is wrong: one of the two is ranked from the other end."),
        ]
        compare(value, right, "The rank correlation", mistakes)


MEASURES = {
    "in-strength": in_strength,
    "PageRank": pagerank,
    "stationary": stationary_distribution,
    "authorities": lambda weights: hits(weights)[1],
    "hubs": lambda weights: hits(weights)[0],
    "closeness": closeness,
}


@functools.cache
def _agreements():
    """Return each measure's mean rank correlation with leave one out, over the sentences."""
    found = {name: [] for name in MEASURES}
    for sentence in available():
        weights = load_attention(sentence)[0].mean(axis=(0, 1))
        effects = load_leave_one_out(sentence)[0][1:-1]
        for name, measure in MEASURES.items():
            found[name].append(rank_correlation(measure(weights)[1:-1], effects))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _judge_closest(cases, values):
    found = _agreements()
    best = max(found, key=found.get)
    reasons = {
        name.lower(): say(
            "{name} reaches {reached:.2f} on average; another one reaches more.",
            name=name,
            reached=found[name],
        )
        for name in found
        if name != best
    }
    compare_choice(values[0], best, "`closest_measure`", reasons)


CHECKS = {
    "centrality-1": Check(inputs=_lengths, judge=_judge_degree),
    "centrality-2": Check(inputs=_walks, judge=_judge_pagerank),
    "centrality-3": Check(inputs=_sizes, judge=_judge_silent),
    "centrality-4": Check(inputs=_ways, judge=_judge_way),
    "centrality-5": Check(inputs=_removals, judge=_judge_without),
    "centrality-6": Check(inputs=_scores, judge=_judge_agreement),
    "centrality-7": Check(judge=_judge_closest, call=read_value),
}
