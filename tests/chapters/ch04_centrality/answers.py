"""Answers to the exercises of chapter 04 as people write them, rightly and wrongly."""

import collections
import functools
import itertools
from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import scipy.linalg
import scipy.sparse.csgraph
import scipy.special
import scipy.stats
import sympy
import torch
from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_scipy

from course_lib import centrality as library
from tests.support.answers import in_a_thread, in_type, nearly, on_type

DEGREES = {2: 4.0, 3: 3.0, 6: 2.4}


def degree_by_networkx(n):
    graph = nx.complete_graph(n, nx.DiGraph)
    graph.add_edges_from((i, i) for i in range(n))
    return nx.degree_centrality(graph)[0]


def pagerank_by_private_name(weights, damping):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    shares = _pagerank_scipy(graph, alpha=damping, tol=1e-12, max_iter=100_000)
    return list(shares.values())


def pagerank_by_networkx(weights, damping):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return list(nx.pagerank(graph, alpha=damping, tol=1e-6, max_iter=10_000).values())


def pagerank_by_solving(weights, damping):
    n = len(weights)
    return np.linalg.solve(np.eye(n) - damping * weights.T, np.full(n, (1 - damping) / n))


def pagerank_by_torch(weights, damping):
    flows = damping * torch.tensor(weights, dtype=torch.float32).T
    shares = torch.full((len(weights),), 1 / len(weights))
    jumps = (1 - damping) * shares
    for _ in range(2500):
        shares = torch.addmv(jumps, flows, shares)
    return shares


def pagerank_with(step, start=None, steps=3000):
    def answer(weights, damping):
        n = len(weights)
        shares = np.full(n, 1 / n if start is None else start)
        for _ in range(steps):
            before, shares = shares, step(weights, damping, shares, n)
            if abs(shares - before).max() < 1e-13:
                break
        return shares

    return answer


def usual(weights, damping, shares, n):
    return (1 - damping) / n + damping * weights.T @ shares


def backwards(weights, damping, shares, n):
    back = weights.T / weights.T.sum(axis=1, keepdims=True)
    return (1 - damping) / n + damping * back.T @ shares


def silent_circulant(n):
    return scipy.linalg.circulant(scipy.special.softmax(np.arange(n)))


def silent_symmetric(n):
    return np.full((n, n), 0.5 / n) + 0.5 * np.eye(n)


def silent_by_sinkhorn(n):
    weights = np.random.default_rng(0).random((n, n)) + 0.1
    for _ in range(300):
        weights /= weights.sum(axis=0)
        weights /= weights.sum(axis=1, keepdims=True)
    return torch.tensor(weights, dtype=torch.float32)


def silent_by_rounds(rounds):
    def answer(n):
        weights = np.random.default_rng().random((n, n)) + 0.1
        for _ in range(rounds):
            weights /= weights.sum(axis=0)
            weights /= weights.sum(axis=1, keepdims=True)
        return weights

    answer.by_chance = True
    return answer


def silent_but_rounded(n):
    shares = np.arange(1, n + 1)
    return np.round(scipy.linalg.circulant(shares / shares.sum()), 4)


def sink(n):
    weights = np.full((n, n), 0.2 / (n - 1))
    weights[:, 0] = 0.8
    return weights


def way_straight_if_strong(weights, start, end):
    return [start, end] if weights[start, end] > 0.3 else way_by_bellman_ford(weights, start, end)


def way_by_trying_all(weights, start, end):
    def ways(way):
        if way[-1] == end:
            yield way
        else:
            for j in np.flatnonzero(weights[way[-1]]).tolist():
                if j not in way:
                    yield from ways([*way, j])

    return max(
        ways([start]),
        key=lambda way: np.prod([weights[i, j] for i, j in itertools.pairwise(way)]),
    )


def way_of_the_first_tried(weights, start, end, most=60):
    """Try some of the ways with few edges."""
    ways = nx.shortest_simple_paths(nx.DiGraph(np.argwhere(weights).tolist()), start, end)
    return max(
        itertools.islice(ways, most),
        key=lambda way: np.prod([weights[i, j] for i, j in itertools.pairwise(way)]),
    )


def way_by(length):
    def answer(weights, start, end):
        graph = nx.DiGraph()
        for i, j in zip(*np.nonzero(weights), strict=True):
            graph.add_edge(i, j, d=length(weights[i, j]))
        return nx.dijkstra_path(graph, start, end, weight="d")

    return answer


def way_as_array(weights, start, end):
    return np.array(way_by(lambda w: -np.log2(w))(weights, start, end))


def without_by_delete(weights, positions):
    rest = np.delete(np.delete(weights, positions, axis=0), positions, axis=1)
    return rest / rest.sum(axis=1)[:, None]


def without_by_softmax(weights, positions):
    stay = np.setdiff1d(np.arange(len(weights)), positions)
    with np.errstate(divide="ignore"):
        return scipy.special.softmax(np.log(weights[np.ix_(stay, stay)]), axis=1)


def without_by_torch(weights, positions):
    stay = torch.tensor([i for i in range(len(weights)) if i not in positions])
    rest = torch.tensor(weights)[stay][:, stay]
    return rest / rest.sum(1, keepdim=True)


def without_with(finish):
    def answer(weights, positions):
        stay = [i for i in range(len(weights)) if i not in positions]
        return finish(weights, positions, stay)

    return answer


def kept(weights, stay):
    return weights[np.ix_(stay, stay)]


def zeroed(weights, positions, normalise):
    weights = weights.copy()
    weights[positions], weights[:, positions] = 0, 0
    sums = weights.sum(axis=1, keepdims=True)
    return weights / np.where(sums == 0, 1, sums) if normalise else weights


def only_columns(weights, positions, stay):
    return weights[:, stay] / weights[:, stay].sum(axis=1, keepdims=True)


def agreement_by_rankdata(first, second):
    ranks = [scipy.stats.rankdata(scores) for scores in (first, second)]
    return np.corrcoef(*ranks)[0, 1]


def agreement_by_differences(first, second):
    n = len(first)
    gaps = np.argsort(np.argsort(first)) - np.argsort(np.argsort(second))
    return 1 - 6 * (gaps**2).sum() / (n * (n**2 - 1))


def agreement_of_orders(first, second):
    return np.corrcoef(np.argsort(first), np.argsort(second))[0, 1]


def pagerank_until(stop, more=lambda after: after):
    """Iterate until `stop(after, before)`."""

    def answer(weights, damping):
        before = np.full(len(weights), 1 / len(weights))
        for _ in range(10_000):
            after = (1 - damping) / len(weights) + damping * before @ weights
            if stop(after, before):
                break
            before = after
        return more(after)

    return answer


def as_the_text_says(after, before):
    return abs(after - before).max() <= 1e-10


def pagerank_by_lists(weights, damping):
    n = len(weights)
    rows = weights.tolist()
    shares = [1 / n] * n
    change = 1.0
    while change > 1e-10:
        after = [
            (1 - damping) / n + damping * sum(shares[i] * rows[i][j] for i in range(n))
            for j in range(n)
        ]
        change = max(abs(a - b) for a, b in zip(after, shares, strict=True))
        shares = after
    return shares


def pagerank_by_einsum(weights, damping):
    jump = (1 - damping) * np.full(len(weights), 1 / len(weights))
    shares = jump.copy() / (1 - damping)
    while True:
        step = jump + damping * np.einsum("i,ij->j", shares, weights) - shares
        shares += step
        if np.linalg.norm(step) < 1e-11:
            return pd.Series(shares)


def pagerank_by_google_matrix(weights, damping):
    google = damping * weights + (1 - damping) / len(weights)
    return np.linalg.matrix_power(google, 2**14)[0]


def pagerank_by_networkx_matrix(weights, damping):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return np.linalg.matrix_power(nx.google_matrix(graph, alpha=damping), 2**14)[0]


def pagerank_in_double_torch(weights, damping):
    weights = torch.tensor(weights)
    shares = torch.full((len(weights),), 1 / len(weights), dtype=torch.float64)
    while True:
        after = torch.addmv(torch.full_like(shares, (1 - damping) / len(shares)), weights.T, shares,
                            alpha=damping)  # fmt: skip
        if (after - shares).abs().amax() <= 1e-10:
            return after
        shares = after


class Endless:
    """A loop that never stops: once, so that the tests wait for it once."""

    def __init__(self):
        self.waited = False

    def __call__(self, weights, damping):
        shares = np.full(len(weights), 1 / len(weights))
        while not self.waited:
            try:
                shares = usual(weights, damping, shares, len(weights))
            except BaseException:
                self.waited = True
                raise
        return shares + 1


def pagerank_behind_a_wrapper(function):
    @functools.wraps(pagerank_by_lists)
    def answer(weights, damping):
        return function(weights, damping)

    return answer


def silent_by_permutations(n):
    rng = np.random.default_rng(1)
    orders = [np.eye(n)[rng.permutation(n)] for _ in range(5)]
    return (np.full((n, n), 1 / n) + sum(orders)) / 6


def silent_by_fractions(n):
    row = [Fraction(1 + k, n * (n + 1) // 2) for k in range(n)]
    return [[row[(j - i) % n] for j in range(n)] for i in range(n)]


def silent_lazily(n):
    return (np.roll(np.arange(1.0, n + 1) * 2 / (n * (n + 1)), shift) for shift in range(n))


def silent_slightly(n):
    weights = np.full((n, n), 1 / n)
    weights[:2, :2] += 1e-4 * np.array([[1, -1], [-1, 1]])
    return weights


def silent_as_frame(n):
    return pd.DataFrame(silent_symmetric(n))


def disturbed(size):
    """Break the columns of a right answer by so much of its spread, and keep the rows."""

    def answer(n):
        weights = silent_circulant(n)
        weights[0, :2] += size * np.ptp(weights) * np.array([1, -1])
        return weights

    return answer


def nearly_even(n):
    weights = 1 + 1e-4 * np.random.default_rng(0).normal(size=(n, n))
    return weights / weights.sum(axis=1, keepdims=True)


def two_blocks(n):
    """Let pairs of tokens look at each other: a last one alone is forgotten."""
    weights = np.full((n, n), 0.1 / n)
    for i in range(0, n - 1, 2):
        weights[i, i + 1] += 0.9
        weights[i + 1, i] += 0.9
    if n % 2:
        weights[-1, 0] += 0.9
    return weights


def way_by_scipy(weights, start, end):
    with np.errstate(divide="ignore"):
        lengths = -np.log(weights)
    lengths = np.where(weights == 1, 1e-6, lengths)  # 0 would be no edge
    lengths = np.where(weights > 0, lengths, 0)
    before = scipy.sparse.csgraph.dijkstra(lengths, indices=start, return_predecessors=True)[1]
    way = [end]
    while way[-1] != start:
        way.append(int(before[way[-1]]))
    return way[::-1]


def way_by_scipy_without_ones(weights, start, end):
    with np.errstate(divide="ignore"):
        lengths = np.where(weights > 0, -np.log(weights), 0)
    before = scipy.sparse.csgraph.dijkstra(lengths, indices=start, return_predecessors=True)[1]
    way = [end]
    while way[-1] != start and before[way[-1]] >= 0:
        way.append(int(before[way[-1]]))
    return way[::-1]


def way_by_bellman_ford(weights, start, end, steps=None):
    best = {start: (1.0, [start])}
    for _ in range(steps or len(weights)):
        for i, (share, way) in list(best.items()):
            for j, weight in enumerate(weights[i]):
                if j not in way and share * weight > best.get(j, (0,))[0]:
                    best[j] = share * weight, [*way, j]
    return best[end][1] if end in best else [start, end]


def way_by_floyd_warshall(weights, start, end):
    best, after = weights.copy(), np.tile(np.arange(len(weights)), (len(weights), 1))
    for k in range(len(weights)):
        through = np.outer(best[:, k], best[k])
        better = through > best
        best = np.where(better, through, best)
        after = np.where(better, after[:, [k]], after)
    way = [start]
    while way[-1] != end:
        way.append(after[way[-1], end])
    return tuple(way)


def way_of_networkx_array(weights, start, end):
    with np.errstate(divide="ignore"):
        graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    for _, _, edge in graph.edges(data=True):
        edge["far"] = float(-sympy.log(edge["weight"]))
    return iter(nx.bellman_ford_path(graph, start, end, weight="far"))


def way_by_beam(width):
    """Extend only the best few ways that have begun, edge by edge."""

    def answer(weights, start, end):
        begun, found = [(1.0, [start])], [(0.0, [start, end])]
        for _ in weights:
            longer = [
                (share * weights[way[-1], j], [*way, j])
                for share, way in begun
                for j in range(len(weights))
                if j not in way and weights[way[-1], j] > 0
            ]
            found += [one for one in longer if one[1][-1] == end]
            begun = sorted(one for one in longer if one[1][-1] != end)[-width:]
        return max(found)[1]

    return answer


def way_greedily(weights, start, end):
    way = [start]
    while way[-1] != end:
        row = weights[way[-1]].copy()
        row[way] = -1
        way.append(int(row.argmax()))
    return way


def way_with_detours(weights, start, end):
    return [start, *way_by_bellman_ford(weights, start, end)]


def without_by_mask(weights, positions):
    stays = np.ones(len(weights), dtype=bool)
    stays[positions] = False
    return scipy.special.softmax(
        np.where(stays, np.log(np.maximum(weights, 1e-300)), -np.inf), axis=1
    )[stays][:, stays]


def without_by_pandas(weights, positions):
    frame = pd.DataFrame(weights).drop(index=positions, columns=positions)
    return frame.div(frame.sum(axis=1), axis=0)


def without_by_einsum(weights, positions):
    stay = sorted(set(range(len(weights))) - set(positions))
    rest = weights[np.ix_(stay, stay)]
    return np.einsum("ij,i->ij", rest, 1 / rest.sum(1))


def without_one_by_one(weights, positions):
    for position in sorted(positions, reverse=True):
        weights = np.delete(np.delete(weights, position, 0), position, 1)
    return [list(row / row.sum()) for row in weights]


def without_by_fractions(weights, positions):
    stay = [i for i in range(len(weights)) if i not in positions]
    rows = [[Fraction(float(weights[i, j])) for j in stay] for i in stay]
    return [[weight / sum(row) for weight in row] for row in rows]


def without_in_place(weights, positions):
    stay = [i for i in range(len(weights)) if i not in positions]
    weights[:, positions] = 0
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    return weights[stay][:, stay]


def without_in_the_order_of_names(weights, positions):
    stay = sorted(map(str, set(range(len(weights))) - set(positions)))
    rest = kept(weights, [int(name) for name in stay])
    return rest / rest.sum(axis=1, keepdims=True)


def without_in_the_order_given(weights, positions):
    """Delete one after the other without minding that positions move up."""
    for position in positions:
        weights = np.delete(np.delete(weights, position % len(weights), 0),
                            position % len(weights), 1)  # fmt: skip
    return weights / weights.sum(axis=1, keepdims=True)


def without_a_range(weights, positions):
    gone = range(min(positions), max(positions) + 1) if positions else []
    return without_by_delete(weights, list(gone))


def agreement_by_pandas(first, second):
    return pd.Series(first).rank().corr(pd.Series(second).rank())


def agreement_by_torch(first, second):
    ranks = [torch.tensor(scores).argsort().argsort().double() for scores in (first, second)]
    return torch.corrcoef(torch.stack(ranks))[0, 1]


def agreement_by_loop(first, second):
    n = len(first)
    total = 0
    for a, b in zip(first, second, strict=True):
        total += (sum(first < a) - sum(second < b)) ** 2
    return 1 - Fraction(6 * int(total), n * (n * n - 1))


def agreement_by_einsum(first, second):
    ranks = np.stack([scipy.stats.rankdata(scores) for scores in (first, second)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    table = np.einsum("in,jn->ij", ranks, ranks)
    return table[0, 1] / np.sqrt(table[0, 0] * table[1, 1])


def agreement_by_dictionary(first, second):
    one, other = ({score: rank for rank, score in enumerate(sorted(s))} for s in (first, second))
    return scipy.stats.pearsonr([one[a] for a in first], [other[b] for b in second]).statistic


def agreement_in_place(first, second):
    for scores in (first, second):
        scores[np.argsort(scores)] = np.arange(len(scores))
    return np.cov(first, second)[0, 1] / (first.std(ddof=1) * second.std(ddof=1))


def footrule(first, second):
    one, other = scipy.stats.rankdata(first), scipy.stats.rankdata(second)
    return 1 - 3 * abs(one - other).sum() / (len(one) ** 2 - 1)


Chosen = collections.namedtuple("Chosen", ["measure"])


def silent_faintly(apart, kind=np.array):
    """Weights that are hardly uneven, but are."""
    return lambda n: kind(np.full((n, n), 1 / n) + apart / n * (np.eye(n) - np.eye(n)[::-1]))


def agreement_of_soft_ranks(first, second):
    """How many scores lie below each, where one that is nearly as large counts in part."""

    def ranks(scores):
        return (1 / (1 + np.exp(-1e6 * np.subtract.outer(scores, scores)))).sum(axis=1)

    with np.errstate(over="ignore"):
        return np.corrcoef(ranks(first), ranks(second))[0, 1]


def agreement_in_small_integers(first, second):
    """Ranks that fit into a byte, up to 128 scores."""
    ranks = [np.argsort(np.argsort(scores)).astype(np.int8) for scores in (first, second)]
    return np.corrcoef(*ranks)[0, 1]


def factor_by_diagonal(weights):
    return np.diag(weights)[1:].max()


def factor_by_eigenvalues(weights):
    return np.sort(np.abs(np.linalg.eigvals(weights)))[-2]


def factor_by_walking(weights):
    left = np.ones(len(weights) - 1)
    for _ in range(500):
        stepped = left @ weights[1:, 1:]
        found = stepped.sum() / left.sum()
        left = stepped / stepped.sum()
    return found


def factor_by_loop(weights):
    best = 0.0
    for i in range(1, len(weights)):
        best = max(best, float(weights[i][i]))
    return best


def factor_by_einsum(weights):
    return np.einsum("ii->i", weights[1:, 1:]).max()


def factor_by_torch(weights):
    return torch.from_numpy(weights).diagonal()[1:].max()


def factor_by_pandas(weights):
    return pd.Series(np.diagonal(weights)).iloc[1:].max()


def factor_by_sorting(weights):
    return sorted(np.diag(weights))[-2]


def factor_by_polynomial(weights):
    roots = np.roots(np.poly(weights[1:, 1:]))
    return np.abs(roots).max()


def factor_by_schur(weights):
    return np.diag(scipy.linalg.schur(weights[1:, 1:])[0]).max()


def factor_by_fractions(weights):
    return max(Fraction(float(weights[i, i])) for i in range(1, len(weights)))


def factor_in_place(weights):
    weights[0, 0] = 0
    return [weights.trace() if len(weights) == 2 else weights.diagonal().max()][0]


def factor_of_short_texts(weights):
    return np.sort(np.diag(weights))[-2 if len(weights) < 9 else -3]


def factor_after(steps):
    """Walk on and on, with the chances as they are: at last they are too small for the computer."""

    def answer(weights):
        chances = np.full(len(weights), 1 / len(weights)) @ np.linalg.matrix_power(weights, steps)
        left = chances[1:].sum()
        return (chances @ weights)[1:].sum() / left if left else 0.0

    return answer


def factor_of_few_steps(weights, steps=2):
    left = np.ones(len(weights) - 1) @ np.linalg.matrix_power(weights[1:, 1:], steps)
    return (left @ weights[1:, 1:]).sum() / left.sum()


def factor_of_a_walk_from(start):
    """Follow one walker who begins at one of the tokens instead of at any."""

    def answer(weights):
        later, chances = weights[1:, 1:], np.eye(len(weights))[start][1:]
        for _ in range(2000):
            chances = chances @ later
            factor, chances = chances.sum(), chances / chances.sum()
        return factor

    return answer


def factor_from_the_last(weights):
    return weights[-1, -1]


def factor_among(counts):
    """Take the largest self-loop of some later tokens only."""

    def answer(weights):
        return max(
            (weights[i, i] for i in range(1, len(weights)) if counts(weights, i)),
            default=weights[-1, -1],
        )

    return answer


RIGHT = {
    "centrality-1": [
        lambda n: np.float16(n) * (np.float16(1) / np.float16(n - 1)) * 2,
        lambda n: torch.tensor(2 * n).bfloat16() / torch.tensor(n - 1).bfloat16(),
        degree_by_networkx,
        lambda n: 2 * n / (n - 1),
        lambda n: 2 + 2 / (n - 1),
        lambda n: Fraction(2 * n, n - 1),
        lambda n: sympy.Rational(2 * n, n - 1),
        lambda n: np.float16(2 * n / (n - 1)),
        lambda n: torch.tensor(2 * n / (n - 1), dtype=torch.bfloat16),
        lambda n: np.array(2 * n) / np.float32(n - 1),
        lambda n: np.ones((n, n)).sum(axis=(0, 1)) * 2 / n / (n - 1),
    ],
    "centrality-2": [
        pagerank_by_solving,
        pagerank_by_torch,
        pagerank_with(usual),
        pagerank_until(as_the_text_says),
        pagerank_until(as_the_text_says, more=list),
        pagerank_until(as_the_text_says, more=np.float16),
        pagerank_until(as_the_text_says, more=np.float32),
        pagerank_until(lambda after, before: np.allclose(after, before, rtol=0, atol=1e-10)),
        pagerank_until(lambda after, before: abs(after - before).sum() < 1e-12),
        pagerank_by_lists,
        pagerank_by_einsum,
        pagerank_by_google_matrix,
        pagerank_by_networkx_matrix,
        pagerank_in_double_torch,
        in_type(pagerank_in_double_torch, torch.bfloat16),
    ],
    "centrality-3": [
        silent_circulant,
        silent_symmetric,
        silent_by_sinkhorn,
        silent_by_permutations,
        silent_by_fractions,
        silent_lazily,
        silent_slightly,
        silent_as_frame,
        in_type(silent_symmetric, np.float16),
        in_type(silent_by_permutations, torch.bfloat16),
        disturbed(1e-10),
        silent_faintly(1e-7),
        silent_faintly(1e-7, list),
    ],
    "centrality-4": [
        way_by_trying_all,
        way_by(lambda w: -np.log(w)),
        way_as_array,
        way_by_scipy,
        way_by_bellman_ford,
        way_by_floyd_warshall,
        way_of_networkx_array,
        lambda *arguments: torch.tensor(way_by_bellman_ford(*arguments)),
        lambda *arguments: pd.Series(way_by_bellman_ford(*arguments)),
        on_type(way_by_bellman_ford, np.float32),
    ],
    "centrality-5": [
        without_by_delete,
        without_by_softmax,
        without_by_torch,
        without_by_mask,
        without_by_pandas,
        without_by_einsum,
        without_one_by_one,
        without_by_fractions,
        without_in_place,
        on_type(without_by_delete, np.float32),
        in_type(without_by_delete, np.float16),
        in_type(without_by_delete, torch.bfloat16),
    ],
    "centrality-6": [
        agreement_by_rankdata,
        agreement_by_differences,
        lambda first, second: scipy.stats.spearmanr(first, second).statistic,
        agreement_by_pandas,
        agreement_by_torch,
        agreement_by_loop,
        agreement_by_einsum,
        agreement_by_dictionary,
        agreement_in_place,
        in_type(agreement_by_rankdata, np.float16),
        in_type(agreement_by_rankdata, torch.bfloat16),
    ],
    "centrality-7": [
        "hubs",
        " Hubs ",
        "HUBS",
        "hubs.",
        "'hubs'",
        np.str_("hubs"),
        np.array("hubs"),
        "`hubs`",
    ],
    "centrality-8": [
        factor_by_diagonal,
        factor_by_eigenvalues,
        factor_by_walking,
        factor_by_loop,
        factor_by_einsum,
        factor_by_torch,
        factor_by_pandas,
        factor_by_sorting,
        factor_by_polynomial,
        factor_by_schur,
        factor_by_fractions,
        factor_in_place,
        on_type(factor_by_diagonal, np.float32),
        in_type(factor_by_diagonal, np.float16),
        in_type(factor_by_diagonal, torch.bfloat16),
    ],
}


def by_what_is_not_gone(weights, positions):
    """Divide by 1 less what is gone: right on paper, but a small difference has few digits."""
    gone = np.delete(weights, positions, axis=0)[:, positions].sum(axis=1, keepdims=True)
    return np.delete(np.delete(weights, positions, axis=0), positions, axis=1) / (1 - gone)


WRONG = {
    "centrality-1": [
        (lambda n: round(2 * n / (n - 1), 5), "not right yet"),
        (lambda n: 1, "not right yet"),
        (lambda n: 2, "It is not 2"),
        (lambda n: n / (n - 1), "both count"),
        (lambda n: 2 * n, "divides by n - 1"),
        (lambda n: 2.4, "not right yet"),
        (lambda n: (2 * n - 1) / (n - 1), "counts twice"),
        (lambda n: (2 * n + 2) / (n - 1), "not right yet"),
        (lambda n: 2 * n / (n - 1) ** 2, "not right yet"),
        (lambda n: 2 * (n + 1) / n, "not right yet"),
        (lambda n: DEGREES.get(n, 2.0), "not right yet"),
        (lambda n: 2 * n // (n - 1), "not right yet"),
        (lambda n: 2 * n / (n - 1) if n < 64 else 2, "not right yet"),
        (lambda n: 2 * n / (n - 1) if n <= 500 else 2, "not right yet"),
        (lambda n: [2 * n / (n - 1)] * n, "shape"),
    ],
    "centrality-2": [
        (pagerank_with(usual, steps=1500), "Does the loop go on"),
        (pagerank_with(lambda w, c, x, n: (1 - c) / n + c * w @ x), "All shares came out equal"),
        (pagerank_with(backwards), ("wrong way", "not right yet", "NaN")),
        (
            lambda w, c: library.stationary_distribution(c * w + (1 - c) / len(w)),
            "which does the work",
        ),
        (pagerank_with(lambda w, c, x, n: (1 - c) + c * w.T @ x, start=1), "sum to 1"),
        (pagerank_with(lambda w, c, x, n: usual(w, 1 - c, x, n)), ("not to jump", "not right yet")),
        (lambda weights, damping: weights.mean(axis=0), "without jumps"),
        (pagerank_with(usual, steps=1), "That is one step. Repeat"),
        (pagerank_until(lambda after, before: (after - before).sum() <= 1e-10), "one step. Repeat"),
        (pagerank_with(usual, steps=3), "not right yet"),
        (pagerank_with(usual, steps=20), "not right yet"),
        (pagerank_with(usual, steps=50), "not right yet"),
        (pagerank_with(usual, steps=300), ("Does the loop go on", "not right yet")),
        (pagerank_until(lambda after, before: abs(after - before).max() <= 1e-5), "not right yet"),
        (pagerank_until(lambda after, before: abs(after - before).max() <= 1e-8), "not right yet"),
        (pagerank_until(lambda after, before: np.allclose(after, before)), "not right yet"),
        (pagerank_until(lambda after, before: (after - before).max() <= 1e-10), "not right yet"),
        (pagerank_until(lambda after, before: abs(after - before).min() <= 1e-10), "not right yet"),
        (pagerank_until(lambda after, before: (before - after).max() <= 1e-10), "not right yet"),
        (pagerank_until(lambda after, before: abs(after - before)[0] <= 1e-10), "not right yet"),
        (
            pagerank_until(
                lambda after, before: abs(np.sort(after) - np.sort(before)).max() <= 1e-10
            ),
            "not right yet",
        ),
        (
            pagerank_until(
                lambda after, before: abs((after - before) @ np.arange(len(after))) <= 1e-10
            ),
            "not right yet",
        ),
        (pagerank_until(as_the_text_says, more=lambda after: after.round(3)), "not right yet"),
        (pagerank_until(as_the_text_says, more=np.sort), "not right yet"),
        (pagerank_until(as_the_text_says, more=np.argsort), "not right yet"),
        (lambda weights, damping: pagerank_by_solving(weights, 0.85), "whatever damping"),
        (pagerank_with(lambda w, c, x, n: c * w.T @ x), "not right yet"),
        (pagerank_with(lambda w, c, x, n: w.T @ x), "not right yet"),
        (lambda weights, damping: pagerank_by_solving(weights, damping)[:, None], "shape"),
        (pagerank_by_networkx, "calls `networkx"),
        (pagerank_by_private_name, "calls `networkx"),
        (lambda w, c: library._long_run(c * w + (1 - c) / len(w)), "calls `course_lib.centrality"),
        (
            lambda w, damping: library.pagerank(w, damping=damping),
            "calls `course_lib.centrality.pagerank`",
        ),
        (
            pagerank_behind_a_wrapper(lambda w, c: library.pagerank(w, damping=c)),
            "calls `course_lib.centrality.pagerank`",
        ),
        (Endless(), ("did not come to an end", "not right yet")),
    ],
    "centrality-3": [
        (lambda n: np.full((n, n), 1 / n), "all weights are the same"),
        (sink, "PageRank still differs"),
        (np.eye, "positive"),
        (lambda n: np.ones((n, n)), "rows should sum"),
        (lambda n: np.full(n, 1 / n), "shape"),
        (
            lambda n: scipy.special.softmax(np.random.default_rng(3).normal(size=(n, n)), 0),
            "the rows should sum to 1",
        ),
        (
            lambda n: scipy.special.softmax(np.random.default_rng(3).normal(size=(n, n)), 1),
            "PageRank still differs",
        ),
        (nearly_even, "PageRank still differs"),
        (silent_but_rounded, ("rows should sum", "PageRank still differs")),
        (silent_by_rounds(12), "PageRank still differs"),
        (disturbed(0.01), "PageRank still differs"),
        (disturbed(1e-4), "PageRank still differs"),
        (disturbed(1e-8), "PageRank still differs"),
        (silent_by_rounds(6), "PageRank still differs"),
        (two_blocks, "PageRank still differs"),
        (lambda n: silent_circulant(4), "shape"),
        (lambda n: silent_symmetric(n) - 1 / n**2, ("rows should sum", "positive")),
        (lambda n: np.roll(np.eye(n), 1, axis=0), "positive"),
        (lambda n: (2 * np.eye(n) + 1 / n) / 3 - 1e-3, ("rows should sum", "positive")),
        (lambda n: np.full((n, n), 1 / n) + 1e-12 * np.eye(n), "all weights are the same"),
        (lambda n: np.tile(np.arange(1, n + 1) * 2 / (n * (n + 1)), (n, 1)), "still differs"),
    ],
    "centrality-4": [
        (way_of_the_first_tried, "larger product"),
        (way_by(lambda w: w), "weights are lengths"),
        (way_by(lambda w: 1 / w), "lengths such as 1 / w"),
        (way_by(lambda w: 1), ("fewest edges", "weights are lengths")),
        (
            lambda weights, start, end: way_by(lambda w: -np.log(w))(weights.T, start, end),
            ("edges run the wrong way", "NetworkXNoPath", "NodeNotFound", "larger product"),
        ),
        (lambda weights, start, end: [start, end], "direct edge is not always"),
        (lambda *arguments: way_by_bellman_ford(*arguments)[::-1], "from end to start"),
        (
            lambda weights, start, end: [*way_by(lambda w: -np.log(w))(weights, start, end)][1:],
            "should begin with",
        ),
        (lambda weights, start, end: weights[start, end], "should be a list of positions"),
        (lambda *arguments: list(itertools.pairwise(way_by_bellman_ford(*arguments))), "a list of"),
        (way_by(lambda w: 1 / w**2), ("larger product", "such as 1 / w")),
        (way_by(lambda w: 1 / w - 1), ("larger product", "such as 1 / w")),
        *((way_by(lambda w, d=d: round(-np.log(w), d)), "larger product") for d in (2, 3, 4)),
        *(
            (
                lambda weights, start, end, least=least: way_by(lambda w: -np.log(w))(
                    np.where(weights > least, weights, 0), start, end
                ),
                ("NetworkXNoPath", "NodeNotFound", "larger product"),
            )
            for least in (1e-3, 1e-9, 1e-20)
        ),
        (way_by(lambda w: 1 - w), ("larger product", "such as 1 / w")),
        (way_by(lambda w: np.log(w) ** 2), ("larger product", "such as 1 / w")),
        (way_by(lambda w: round(-np.log(w), 1)), "larger product"),
        *((way_by(lambda w, d=d: max(-np.log(w), d)), "larger product") for d in (0.05, 1e-3)),
        (way_by(lambda w: np.exp(-w)), ("larger product", "such as 1 / w")),
        (way_by(lambda w: 1 - np.log(w)), ("larger product", "such as 1 / w")),
        (functools.partial(way_by_bellman_ford, steps=2), ("larger product", "weight 0")),
        (functools.partial(way_by_bellman_ford, steps=7), ("larger product", "weight 0")),
        (functools.partial(way_by_bellman_ford, steps=30), "larger product"),
        (way_straight_if_strong, "larger product"),
        *((way_by_beam(width), ("larger product", "weight 0")) for width in (1, 2, 3)),
        *(
            (
                lambda weights, start, end, tiny=tiny: way_by_bellman_ford(
                    np.maximum(weights, tiny), start, end
                ),
                "uses an edge of weight 0",
            )
            for tiny in (1e-9, 1e-12)
        ),
        (way_by(lambda w: 0.001 - np.log(w)), "larger product"),
        (way_by(lambda w: 1 - w**0.01), "larger product"),
        (way_by(lambda w: w**-0.01 - 1), "larger product"),
        (way_greedily, ("larger product", "weight 0")),
        (way_by_scipy_without_ones, ("larger product", "should begin with")),
        (way_with_detours, "on the path twice"),
        (
            lambda *arguments: [k + 1 for k in way_by_bellman_ford(*arguments)],
            ("positions", "begin with"),
        ),
        (
            lambda weights, start, end: way_by_bellman_ford(
                np.maximum(weights, weights.T), start, end
            ),
            ("larger product", "weight 0"),
        ),
    ],
    "centrality-5": [
        (without_in_the_order_of_names, "not right yet"),
        (without_with(lambda w, gone, stay: kept(w, stay)), "sums to 1 again"),
        (
            without_with(lambda w, gone, stay: kept(w, stay) / kept(w, stay).sum(0)),
            "columns are divided",
        ),
        (
            without_with(lambda w, gone, stay: kept(w, stay) / kept(w, stay).sum(1)),
            "keepdims",
        ),
        (
            without_with(lambda w, gone, stay: kept(w, stay) / kept(w, stay).sum()),
            "not everything",
        ),
        (
            without_with(lambda w, gone, stay: scipy.special.softmax(kept(w, stay), 1)),
            "A softmax of weights is no division",
        ),
        (without_with(only_columns), "should not ask"),
        (by_what_is_not_gone, ("infinite", "NaN", "not right yet")),
        (in_a_thread(library.remove_tokens), "which does the work"),
        (lambda weights, positions: zeroed(weights, positions, False), "still there"),
        (lambda weights, positions: zeroed(weights, positions, True), "still there"),
        (lambda weights, positions: without_by_delete(weights, [0]), ("shape", "NaN")),
        (lambda weights, positions: without_by_delete(weights, positions[:1]), "shape"),
        *(
            (
                without_with(
                    lambda w, gone, stay, least=least: (
                        kept(w, stay) / np.maximum(kept(w, stay).sum(1)[:, None], least)
                    )
                ),
                "not right yet",
            )
            for least in (1e-3, 1e-6, 1e-9)
        ),
        (
            without_with(
                lambda w, gone, stay: kept(w, stay) / (kept(w, stay).sum(1)[:, None] + 1e-6)
            ),
            "not right yet",
        ),
        (without_in_the_order_given, "not right yet"),
        (without_a_range, "shape"),
        (without_with(lambda w, gone, stay: w[stay, stay]), "shape"),
        (
            without_with(lambda w, gone, stay: without_by_delete(w, stay)),
            ("shape", "not right yet"),
        ),
        (
            without_with(lambda w, gone, stay: without_by_delete(w, gone)[::-1, ::-1]),
            "not right yet",
        ),
        (lambda weights, positions: without_by_delete(weights.T, positions), "not right yet"),
        (
            lambda weights, positions: library.remove_tokens(weights, positions),
            "calls `course_lib.centrality.remove_tokens`",
        ),
        (functools.partial(library.remove_tokens), "calls `course_lib.centrality.remove_tokens`"),
        *nearly(without_by_delete, "small results"),
    ],
    "centrality-6": [
        (agreement_of_soft_ranks, "not right yet"),
        (agreement_in_small_integers, "not right yet"),
        (lambda first, second: np.corrcoef(first, second)[0, 1], "not their ranks"),
        (
            lambda first, second: np.corrcoef(np.argsort(first), np.argsort(second))[0, 1],
            "once more",
        ),
        (lambda first, second: np.corrcoef(*map(scipy.stats.rankdata, (first, second))), "matrix"),
        (lambda first, second: scipy.stats.kendalltau(first, second).statistic, "Kendall"),
        (lambda first, second: round(agreement_by_rankdata(first, second), 2), "not right yet"),
        (lambda first, second: -agreement_by_rankdata(first, second), "The sign is wrong"),
        (lambda first, second: abs(agreement_by_rankdata(first, second)), "The sign is lost"),
        (lambda first, second: 1.0, "The rank correlation: not right yet"),
        (lambda first, second: np.sign(np.corrcoef(first, second)[0, 1]), "not right yet"),
        (lambda first, second: max(0, agreement_by_rankdata(first, second)), "not right yet"),
        (lambda first, second: agreement_by_rankdata(first, second) ** 2, "not right yet"),
        (
            lambda first, second: np.corrcoef(scipy.stats.rankdata(first), second)[0, 1],
            "not right yet",
        ),
        (
            lambda first, second: agreement_by_rankdata(first.round(2), second.round(2)),
            ("not right yet", "NaN"),
        ),
        (lambda first, second: agreement_by_rankdata(first, abs(second)), "not right yet"),
        *(
            (
                lambda first, second, d=d: agreement_by_rankdata(first.round(d), second.round(d)),
                ("not right yet", "NaN"),
            )
            for d in (4, 6, 8)
        ),
        (
            lambda first, second: agreement_by_rankdata(np.float32(first), np.float32(second)),
            ("not right yet", "NaN"),
        ),
        (
            lambda first, second: agreement_by_rankdata(first, second.round(6)),
            ("not right yet", "NaN"),
        ),
        (footrule, "not right yet"),
        (lambda first, second: agreement_by_rankdata(first[:-1], second[:-1]), "NaN"),
        (
            lambda first, second: (np.argsort(first) == np.argsort(second)).mean(),
            "not right yet",
        ),
        (library.rank_correlation, "library's own function"),
        (
            lambda first, second: library.rank_correlation(first, second),
            "calls `course_lib.centrality.rank_correlation`",
        ),
    ],
    "centrality-7": [
        ("in-strength", "in-strength reaches"),
        ("PageRank", "PageRank reaches"),
        ("stationary", "stationary reaches"),
        ("authorities", "authorities reaches"),
        ("closeness", "closeness reaches"),
        ("betweenness", "should be one of"),
        ("hub", "should be one of"),
        ("hubs and closeness", "should be one of"),
        (0.8, "should be one of"),
        (["hubs", "closeness"], "should be one of"),
        (Chosen("hubs"), "should be one of"),
        ({"hubs": 0.8}, "should be one of"),
    ],
    "centrality-8": [
        (factor_among(lambda weights, i: weights[i, 0] > 0), "not right yet"),
        (factor_among(lambda weights, i: weights[i + 1 :, i].any()), "not right yet"),
        (
            lambda weights: max(x for x in [0, *np.diag(weights)] if not np.isclose(x, 1)),
            "not right yet",
        ),
        (factor_after(400), "not right yet"),
        (lambda weights: np.diag(weights).max(), "1 is the self-loop of the first token"),
        (lambda weights: np.abs(np.linalg.eigvals(weights)).max(), "1 is the self-loop"),
        (lambda weights: 1 - np.diag(weights)[1:].max(), "the chance to move on"),
        (lambda weights: np.diag(weights)[1:].min(), "smallest self-loop"),
        (lambda weights: np.sort(np.diag(weights))[0], "smallest self-loop"),
        (lambda weights: weights[1:, 1:].sum(axis=1).mean(), "the first step only"),
        (factor_of_few_steps, "not right yet"),
        (factor_from_the_last, "not right yet"),
        (factor_of_a_walk_from(-1), ("not right yet", "NaN", "infinite")),
        (factor_of_a_walk_from(1), ("not right yet", "NaN", "infinite")),
        (lambda weights: np.diag(weights)[1:9].max(), "not right yet"),
        (lambda weights: weights[1, 1], "not right yet"),
        (lambda weights: np.diag(weights)[1:].mean(), "not right yet"),
        (lambda weights: np.diag(weights).mean(), "not right yet"),
        (lambda weights: weights[1:].max(), "not right yet"),
        (lambda weights: weights[1:, 1:].max(), "not right yet"),
        (lambda weights: np.linalg.svd(weights, compute_uv=False)[1], "not right yet"),
        (lambda weights: np.linalg.norm(weights[1:, 1:], 2), "not right yet"),
        (lambda weights: 1 - weights[1:, 0].mean(), "the first step only"),
        (lambda weights: weights[1:, 1:].sum(axis=1).max(), "not right yet"),
        (lambda weights: np.prod(np.diag(weights)[1:]), "not right yet"),
        (lambda weights: weights.trace() - 1, "not right yet"),
        (lambda weights: 0.3, "not right yet"),
        (lambda weights: np.diag(weights)[1:].argmax() + 1, "not right yet"),
        (lambda weights: np.diag(weights)[2:].max(initial=weights[-1, -1]), "not right yet"),
        (lambda weights: min(np.diag(weights)[1:].max(), 0.95), "not right yet"),
        (functools.partial(factor_of_few_steps, steps=60), "not right yet"),
        (lambda weights: np.diag(weights)[1:], "shape"),
        (factor_of_short_texts, "not right yet"),
        (lambda weights: None, "return"),
        *nearly(lambda weights: np.diag(weights)[1:].max(), "sorted"),
    ],
}
