"""The checks of chapter 04: centrality, or which tokens matter."""

import functools

import networkx as nx
import numpy as np
import scipy

from course_lib.centrality import (
    closeness,
    hits,
    in_strength,
    pagerank,
    rank_correlation,
    remove_tokens,
    stationary_distribution,
)
from course_lib.chapters.ch04_centrality import cases as made
from course_lib.data import available, load_attention, load_leave_one_out
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare_all,
    compare_choice,
    read_array,
    same,
    same_copied,
    tell_difference,
)
from course_lib.exercises.plain_data import BFloat16
from course_lib.exercises.rearranging import nudged, reordered, reordered_causal, telling
from course_lib.exercises.sizing import Sizes
from course_lib.language import say


def _judge_degree(cases, values):
    mistakes = [
        (lambda n: 2.0, "It is not 2: self-loops count, and the division is by n - 1."),
        (lambda n: n / (n - 1), "Edges that leave and edges that arrive both count."),
        (lambda n: 2 * n, "NetworkX divides by n - 1, the number of other nodes."),
        (
            lambda n: (2 * n - 1) / (n - 1),
            "The self-loop counts twice: it leaves and it arrives.",
        ),
    ]

    def subject(n):
        return say("The degree centrality for {n} tokens", n=n)

    def right(n):
        return 2 * n / (n - 1)

    compare_all(subject, cases, values, right, mistakes, same=same_copied)


# A loop that stops where no share changes by more than 1e-10 is off by up to 100 times as much at
# damping 0.99, and by a few times that if the walk goes round.
LOOP = {"rtol": 0, "atol": 3e-8}


def _same_shares(got, expected):
    exact = getattr(got, "dtype", None) == np.float64
    return same(got, expected, tolerance=LOOP if exact else None)


# PageRank of NetworkX is also behind private names, and ours is a part of two functions.
PAGERANK = (
    nx.pagerank,
    *(
        f"networkx.algorithms.link_analysis.pagerank_alg:_pagerank_{name}"
        for name in ("numpy", "python", "scipy")
    ),
    "course_lib.centrality:_long_run",
)


def _settled(weights, damping):
    """Return what x = (1 - c)/n + c A^T x gives, whatever A and c are; None if nothing."""
    n = len(weights)
    try:
        return np.linalg.solve(np.eye(n) - damping * weights.T, np.full(n, (1 - damping) / n))
    except np.linalg.LinAlgError:
        return None


def _judge_pagerank(cases, values):
    def right(weights, damping):
        return pagerank(weights, damping=damping)

    def one_step(weights, damping):
        return (1 - damping) / len(weights) + damping * in_strength(weights) / len(weights)

    def reversed_edges(weights, damping):
        return _settled(weights.T / weights.T.sum(axis=1, keepdims=True), damping)

    mistakes = [
        (
            lambda weights, damping: np.full(len(weights), 1 / len(weights)),
            "All shares came out equal. What arrives at a token is the sum down its column, "
            "`weights.T @ shares`.",
        ),
        (reversed_edges, "The edges run the wrong way: from query to key."),
        (
            lambda weights, damping: len(weights) * right(weights, damping),
            "The shares should sum to 1: the jump gives each token (1 - damping) / n.",
        ),
        (one_step, "That is one step. Repeat until nothing changes."),
        (
            lambda weights, damping: in_strength(weights) / len(weights),
            "That is one step, and without jumps. Put both into the formula, and repeat it.",
        ),
        (
            lambda weights, damping: _settled(weights, 1 - damping),
            "Damping is the chance to follow an edge, not to jump.",
        ),
        (
            lambda weights, damping: _settled(weights, 0.85),
            "That is PageRank at damping 0.85, whatever damping is given.",
        ),
    ]

    def subject(weights, damping):
        return say("PageRank at damping {damping}", damping=damping)

    compare_all(subject, cases, values, right, mistakes, same=_same_shares, tell=_tell_shares)


def _tell_shares(what, got, expected):
    """Name what a loop that ends too soon leaves: shares that are nearly right."""
    off = np.abs(read_array(got, what, shape=np.shape(expected)) - expected).max()
    if off < 1e-3:
        raise Wrong(
            "{what}: not right yet, off by {off}. Does the loop go on until no share changes by "
            "more than 1e-10?",
            what=what,
            off=f"{off:.1g}",
        )
    tell_difference(what, got, expected)


# How far a sum near 1 may be off by rounding.
ROUNDING = {"float64": 1e-13, "float32": 1e-6, "float16": 1e-3, "bfloat16": 8e-3}


def _judge_silent(cases, values):
    for (n,), value in zip(cases, values, strict=True):
        name = f"`silent_weights({n})`"
        weights = read_array(value, name, shape=(n, n))
        kind = "bfloat16" if isinstance(value, BFloat16) else str(getattr(value, "dtype", ""))
        spread = np.ptp(weights)
        rounding = ROUNDING.get(kind, min(1e-7, spread / 1000))  # lists may have lost digits before
        if (weights <= 0).any():
            raise Wrong("{name}: every weight should be positive.", name=name)
        rows = weights.sum(axis=1)
        if np.abs(rows - 1).max() > max(1e-5, 5 * rounding):
            raise Wrong("{name}: the rows should sum to 1, but one sums to {sum:.6g}.",
                        name=name, sum=rows[np.abs(rows - 1).argmax()])  # fmt: skip
        if spread <= max(1e-9, 2 * rounding) * weights.max():
            raise Wrong(
                "{name}: all weights are the same, but for rounding; find some that differ.",
                name=name,
            )
        columns = weights.sum(axis=0)
        worst = np.abs(columns - 1).argmax()
        if np.abs(columns[worst] - 1) > 1e-9 * spread + rounding:
            raise Wrong(
                "{name}: PageRank still differs: column {place} sums to {sum}, not to 1.",
                name=name,
                place=int(worst),
                sum=_unlike_one(columns[worst]),
            )


def _unlike_one(total):
    """Return a sum with as many digits as it takes to see that it is not 1."""
    return next(text for digits in range(6, 18) if float(text := f"{total:.{digits}g}") != 1)


NEARLY = 1 - 1e-6  # a product that is as large as the largest, but for rounding


def _judge_way(cases, values):
    ways = [_read_way(case, value) for case, value in zip(cases, values, strict=True)]
    good = [_is_strongest(*case, way) for case, way in zip(cases, ways, strict=True)]
    if all(good):
        return
    for mistake, sentence in _WAY_MISTAKES:
        made_so = zip(cases, ways, strict=True)
        if all(way == mistake(*case) for case, way in made_so):
            raise Wrong(sentence)
    place = good.index(False)
    _tell_way(*cases[place], ways[place])


def _read_way(case, value):
    _, start, end = case
    array = read_array(value, say("The path from {start} to {end}", start=start, end=end))
    if array.ndim != 1:
        raise Wrong(
            "The path from {start} to {end} should be a list of positions, got {value}.",
            start=start,
            end=end,
            value=array.tolist(),
        )
    return [int(place) if place.is_integer() else place for place in array.tolist()]


def _is_strongest(weights, start, end, way):
    if way[:1] != [start] or way[-1:] != [end] or len(set(way)) < len(way):
        return False
    if not set(way) <= set(range(len(weights))):
        return False
    best = made.product(weights, made.strongest(weights, start, end))
    return made.product(weights, way) >= NEARLY * best


def _tell_way(weights, start, end, way):
    told = {"start": start, "end": end, "way": way}
    if not set(way) <= set(range(len(weights))):
        raise Wrong("The path should hold positions of the tokens, got {way}.", way=way)
    if way[:1] != [start] or way[-1:] != [end]:
        raise Wrong("The path should begin with {start} and end with {end}, got {way}.", **told)
    if len(set(way)) < len(way):
        raise Wrong("No position should be on the path twice, got {way}.", way=way)
    if not made.product(weights, way):
        raise Wrong("From {start} to {end}, {way} uses an edge of weight 0.", **told)
    raise Wrong("From {start} to {end} there is a path with a larger product than {way}.", **told)


def _by_length(length):
    return lambda weights, start, end: made.shortest(weights, start, end, length)


_WAY_MISTAKES = [
    (
        _by_length(lambda weight: weight),
        "Those are the shortest paths if weights are lengths: -ln w is wanted.",
    ),
    (
        _by_length(lambda weight: 1 / weight),
        "Those are the shortest paths for lengths such as 1 / w, whose sum is not the product; "
        "use -ln w.",
    ),
    (
        _by_length(lambda weight: 1),
        "Those paths have the fewest edges. Is the length named to the search?",
    ),
    (
        lambda weights, start, end: made.strongest(weights.T, start, end),
        "The edges run the wrong way: weights[i, j] is the edge from i to j.",
    ),
    (
        lambda weights, start, end: made.strongest(weights, start, end)[::-1],
        "Those are the right paths, but from end to start.",
    ),
    (lambda weights, start, end: [start, end], "The direct edge is not always the strongest path."),
]


def _judge_without(cases, values):
    def subject(weights, gone):
        return say("Without {gone}, the weights", gone=gone)

    compare_all(subject, cases, values, remove_tokens, _REMOVAL_MISTAKES)


def _rest(weights, gone):
    return np.delete(np.delete(weights, gone, axis=0), gone, axis=1)


def _divided(by):
    return lambda weights, gone: _rest(weights, gone) / by(_rest(weights, gone))


def _only_columns(weights, gone):
    rest = np.delete(weights, gone, axis=1)
    return rest / rest.sum(axis=1, keepdims=True)


def _zeroed(weights, gone):
    zeroed = weights.copy()
    zeroed[gone], zeroed[:, gone] = 0, 0
    return zeroed


def _zeroed_and_divided(weights, gone):
    zeroed = _zeroed(weights, gone)
    total = zeroed.sum(axis=1, keepdims=True)
    return zeroed / np.where(total == 0, 1, total)


def _exponentials(weights, gone):
    powers = np.exp(_rest(weights, gone))
    return powers / powers.sum(axis=1, keepdims=True)


_STILL_THERE = "The removed tokens are set to 0 but still there: take out rows and columns."
_REMOVAL_MISTAKES = [
    (_rest, "Divide each row by its sum, so that it sums to 1 again."),
    (
        _divided(lambda rest: rest.sum(axis=0)),
        "The columns are divided; it is the rows that sum to 1.",
    ),
    (
        _divided(lambda rest: rest.sum(axis=1)),
        "Each column is divided by the sum of a row: keepdims=True.",
    ),
    (
        _divided(lambda rest: rest.sum()),
        "Divide each row by its own sum, not everything by the sum of all.",
    ),
    (_exponentials, "A softmax of weights is no division: divide each row by its sum."),
    (_only_columns, "Only the columns are gone: the removed tokens should not ask either."),
    (_zeroed, _STILL_THERE),
    (_zeroed_and_divided, _STILL_THERE),
]


def _judge_agreement(cases, values):
    def matrix(first, second):
        right = rank_correlation(first, second)
        return np.array([[1, right], [right, 1]])

    mistakes = [
        (
            lambda first, second: np.corrcoef(first, second)[0, 1],
            "That correlates the scores, not their ranks.",
        ),
        (
            lambda first, second: np.corrcoef(np.argsort(first), np.argsort(second))[0, 1],
            "Sorted positions are not ranks yet: argsort once more.",
        ),
        (matrix, "A matrix came back; its entry [0, 1] is wanted."),
        (
            lambda first, second: scipy.stats.kendalltau(first, second).statistic,
            "That is Kendall's rank correlation.",
        ),
        (
            lambda first, second: -rank_correlation(first, second),
            "The sign is wrong: one of the two is ranked from the other end.",
        ),
        (
            lambda first, second: abs(rank_correlation(first, second)),
            "The sign is lost: opposite orders have a rank correlation of -1.",
        ),
    ]
    compare_all("The rank correlation", cases, values, rank_correlation, mistakes)


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


def _judge_factor(cases, values):
    right = made.largest_later_loop
    mistakes = [
        (
            lambda weights: 1.0,
            "1 is the self-loop of the first token, where the walk ends. Look at the others.",
        ),
        (
            lambda weights: 1 - right(weights),
            "That is the chance to move on. The chance that is left is multiplied by the chance to "
            "stay.",
        ),
        (
            lambda weights: np.diag(weights)[1:].min(),
            "That is the smallest self-loop. The walker is held longest by the largest.",
        ),
        (lambda weights: weights[1:, 1:].sum(axis=1).mean(), "That is the first step only."),
    ]
    compare_all("The factor", cases, values, right, mistakes)


CHECKS = {
    "centrality-1": Check(inputs=made.lengths, judge=_judge_degree),
    "centrality-2": Check(
        twins=reordered(0),
        inputs=made.walks,
        judge=_judge_pagerank,
        without=(pagerank, stationary_distribution, *PAGERANK),
        seconds=6,
        sizes=Sizes(made.walk_of),
        particular=lambda weights: (weights, 0.85),
    ),
    "centrality-3": Check(inputs=made.token_counts, judge=_judge_silent),
    "centrality-4": Check(
        inputs=made.ways,
        judge=_judge_way,
        fits=made.has_way,
        sizes=Sizes(made.way_among, (2,)),
        particular=lambda weights: (weights, 0, 2),
    ),
    "centrality-5": Check(
        twins=reordered(0),
        inputs=made.removals,
        judge=_judge_without,
        without=(remove_tokens,),
        fits=made.can_go,
        sizes=Sizes(made.removal_of),
        particular=lambda weights: (weights, [1]),
    ),
    "centrality-6": Check(
        twins=reordered(0),
        inputs=made.scores,
        judge=_judge_agreement,
        without=(rank_correlation,),
        sizes=Sizes(lambda rng, n: (rng.normal(size=n), rng.normal(size=n)), (2,)),
    ),
    "centrality-7": Check(judge=_judge_closest, call=read_value),
    "centrality-8": Check(
        twins=telling(made.largest_later_loop, reordered_causal(0) + nudged(0)),
        inputs=made.causal_walks,
        judge=_judge_factor,
        fits=made.has_largest_loop,
        sizes=Sizes(made.draw_causal_walk, (2,)),
    ),
}
