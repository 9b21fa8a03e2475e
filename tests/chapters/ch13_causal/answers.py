"""Answers to the exercises of chapter 13 as people write them, rightly and wrongly."""

import random
from fractions import Fraction
from itertools import groupby

import networkx as nx
import numpy as np
import pandas as pd
import torch

from course_lib.data.smollm2_heads import others_like as recorded_null
from course_lib.heads import duplicate_score, induction_score, offset_score, position_score
from tests.support.answers import in_type, nearly, on_type


def order_by_topology(weights):
    graph = nx.from_numpy_array(weights * (1 - np.eye(len(weights))), create_using=nx.DiGraph)
    return list(nx.topological_sort(graph))[::-1]


def order_by_torch(weights):
    return (torch.tensor(weights) > 0).sum(dim=1).argsort()


def order_by_sorted(weights):
    return sorted(range(len(weights)), key=lambda i: np.count_nonzero(weights[i]))


def order_by_columns(weights):
    return np.argsort(-(weights != 0).sum(axis=0))


def order_by_ancestors(weights):
    graph = nx.from_numpy_array(weights, create_using=nx.DiGraph)
    return sorted(graph, key=lambda i: len(nx.descendants(graph, i)))


def order_by_peeling(weights):
    """Take away, again and again, the token that sees nobody who is left."""
    left, found = list(range(len(weights))), []
    while left:
        for i in left:
            if not any(weights[i, j] for j in left if j != i):
                break
        left.remove(i)
        found.append(i)
    return found


def order_by_pandas(weights):
    return pd.DataFrame(weights).gt(0).sum(axis=1).sort_values().index


def order_by_scatter(weights):
    order = np.empty(len(weights), dtype=int)
    order[(weights > 0).sum(axis=1) - 1] = np.arange(len(weights))
    return order


def place_of(weights):
    return (weights > 0).sum(axis=1) - 1


def previous_by_diagonal(weights):
    return np.diagonal(weights, -1, 2, 3).mean(axis=-1)


def previous_by_sum(weights):
    n = weights.shape[-1]
    return sum(weights[..., i, i - 1] for i in range(1, n)) / (n - 1)


def previous_by_einsum(weights):
    return np.einsum("lhii->lh", weights[:, :, 1:, :-1]) / (weights.shape[-1] - 1)


def previous_by_torch(weights):
    return torch.tensor(weights).diagonal(-1, 2, 3).mean(-1)


def previous_by_index(weights):
    i = np.arange(1, weights.shape[-1])
    return weights[:, :, i, i - 1].mean(axis=-1)


def previous_by_list(weights):
    return [[np.trace(head, -1) / (len(head) - 1) for head in layer] for layer in weights]


def previous_by_mask(weights):
    n = weights.shape[-1]
    return np.average(weights, axis=(2, 3), weights=np.broadcast_to(np.eye(n, k=-1), weights.shape))


def previous_by_fractions(weights):
    return np.array(
        [
            [sum(Fraction(float(a)) for a in np.diagonal(h, -1)) / (len(h) - 1) for h in layer]
            for layer in weights
        ],
        dtype=object,
    )


def on_keys(shift, first=0, reduce=np.mean):
    """Build a score of words said twice from the key i - half + shift."""

    def answer(weights, half):
        i = np.arange(half + first, 2 * half)
        return reduce(weights[..., i, np.maximum(i - half + shift, 0)], axis=-1)

    return answer


induction = on_keys(1)


def wrapped(key, last=None):
    """Build a score of words said twice from keys that may wrap round: a function of i and half."""

    def answer(weights, half):
        i = np.arange(half, 2 * half)[:last]
        return weights[:, :, i, key(i, half)].mean(axis=-1)

    return answer


def induction_by_words(weights, half):
    words = [*range(half), *range(half)]
    pairs = [(i, words.index(words[i]) + 1) for i in range(half, 2 * half)]
    return np.mean([weights[..., i, k] for i, k in pairs], axis=0)


def induction_by_diagonal(weights, half):
    return np.diagonal(weights, 1 - half, 2, 3)[..., 1:].mean(axis=-1)


def induction_by_quarter(weights, half):
    """The lower left quarter of the matrix and one column more."""
    return np.einsum("lhii->lh", weights[:, :, half:, 1 : half + 1]) / half


def induction_by_torch(weights, half):
    return torch.tensor(weights)[:, :, half:, 1 : half + 1].diagonal(0, 2, 3).mean(-1)


def induction_by_list(weights, half):
    return [
        [sum(head[i][i - half + 1] for i in range(half, 2 * half)) / half for head in layer]
        for layer in weights.tolist()
    ]


def induction_by_mask(weights, half):
    keys = np.eye(2 * half, k=1 - half)
    keys[half - 1] = 0
    return (weights * keys).sum(axis=(-2, -1)) / half


def induction_by_pandas(weights, half):
    rows = [
        (layer, head, weights[layer, head, i, i - half + 1])
        for layer, head in np.ndindex(weights.shape[:2])
        for i in range(half, 2 * half)
    ]
    frame = pd.DataFrame(rows, columns=["layer", "head", "weight"])
    return frame.groupby(["layer", "head"]).weight.mean().unstack()


def mended(weights, tokens):
    words = np.array(tokens)
    earlier = np.tril(words[:, None] == words, -1)
    asking = earlier.any(axis=1)
    return (weights * np.roll(earlier, 1, axis=1)).sum(axis=-1)[..., asking].mean(axis=-1)


def mended_by_pairs(weights, tokens):
    pairs = [(i, j) for i in range(len(tokens)) for j in range(i) if tokens[i] == tokens[j]]
    return sum(weights[..., i, j + 1] for i, j in pairs) / len({i for i, _ in pairs})


def mended_by_slices(weights, tokens):
    words = np.array(tokens)
    earlier = np.tril(words[:, None] == words, -1)
    found = (weights[..., 1:] * earlier[:, :-1]).sum(axis=-1)
    return found.sum(axis=-1) / earlier.any(axis=1).sum()


def mended_by_einsum(weights, tokens):
    n = len(tokens)
    keys = np.array(
        [[0 < j <= i and tokens[i] == tokens[j - 1] for j in range(n)] for i in range(n)]
    )
    return np.einsum("lhij,ij->lh", weights, keys) / keys.any(axis=1).sum()


def mended_by_torch(weights, tokens):
    numbers = torch.tensor([tokens.index(token) for token in tokens])
    earlier = (numbers[:, None] == numbers).tril(-1)
    keys = earlier.roll(1, dims=1)
    return (torch.tensor(weights) * keys).sum((-2, -1)) / earlier.any(1).sum()


def mended_by_places(weights, tokens):
    seen, total, count = {}, 0, 0
    for i, token in enumerate(tokens):
        if token in seen:
            total, count = total + weights[:, :, i, seen[token]].sum(axis=-1), count + 1
        seen.setdefault(token, []).append(i + 1)
    return total / count


def mended_by_list(weights, tokens):
    return mended_by_places(weights, tokens).tolist()


def copies(shift=1, pick=lambda places: places, reduce=None, before=lambda i: i):
    """Build an answer to exercise 4 with a mistake: other copies, another place, another mean."""

    def answer(weights, tokens):
        n, found = len(tokens), []
        for i, token in enumerate(tokens):
            places = [j for j in range(before(i)) if tokens[j] == token and j != i]
            if places:
                keys = [j + shift for j in pick(places) if 0 <= j + shift < n]
                found.append(weights[..., i, keys].sum(axis=-1) / (len(keys) or 1) ** bool(reduce))
        return np.mean(found, axis=0)

    return answer


def over_all(weights, tokens):
    asking = sum(token in tokens[:i] for i, token in enumerate(tokens))
    return mended(weights, tokens) * asking / len(tokens)


def per_pair(weights, tokens):
    words = np.array(tokens)
    keys = np.roll(np.tril(words[:, None] == words, -1), 1, axis=1)
    return (weights * keys).sum(axis=(-2, -1)) / keys.sum()


def masked(shift, diagonal=-1, again=False):
    """Build an answer to exercise 4 by a matrix of copies, with keys that `shift` makes of it."""

    def answer(weights, tokens):
        words = np.array(tokens)
        earlier = np.tril(words[:, None] == words, diagonal)
        keys = shift(earlier)
        asking = (keys if again else earlier).any(axis=1)
        return (weights * keys).sum(axis=-1)[..., asking].mean(axis=-1)

    return answer


def not_itself(earlier):
    return np.tril(np.roll(earlier, 1, axis=1), -1)


def rolled_rows(earlier):
    return np.roll(earlier, 1, axis=0)


def path(lower, upper, half):
    i = np.arange(half, 2 * half)
    k = i - half + 1
    return upper[i, k] * lower[k, k - 1]


def path_by_matrix(lower, upper, half):
    return (upper[half:, 1 : half + 1] * np.eye(half)) @ np.diagonal(lower, -1)[:half]


def path_by_list(lower, upper, half):
    return [upper[i][i - half + 1] * lower[i - half + 1][i - half] for i in range(half, 2 * half)]


def path_by_diagonals(lower, upper, half):
    return np.diagonal(upper[half:, 1:]) * np.diagonal(lower, -1)[:half]


def path_by_torch(lower, upper, half):
    lower, upper = torch.tensor(lower), torch.tensor(upper)
    return upper[half:, 1 : half + 1].diagonal() * lower[1 : half + 1, :half].diagonal()


def path_by_einsum(lower, upper, half):
    return np.einsum("ii,ii->i", upper[half:, 1 : half + 1], lower[1 : half + 1, :half])


def path_by_pandas(lower, upper, half):
    frame = pd.DataFrame({"k": range(1, half + 1)})
    return frame.k.map(lambda k: upper[k + half - 1, k] * lower[k, k - 1])


def path_by_logs(lower, upper, half):
    i = np.arange(half, 2 * half)
    with np.errstate(divide="ignore"):
        return np.exp(np.log(upper[i, i - half + 1]) + np.log(lower[i - half + 1, i - half]))


def path_lazily(lower, upper, half):
    return (upper[k + half - 1, k] * lower[k, k - 1] for k in range(1, half + 1))


def wrong_path(first, second):
    """Build a path from i, half + i, with other keys: functions of the query and half."""

    def answer(lower, upper, half):
        i = np.arange(half, 2 * half)
        k = first(i, half)
        return upper[i, k] * lower[second(i, half, k)]

    return answer


def rises(whole, without):
    half = (whole.shape[-1] + 1) // 2
    return (without - whole)[..., half:].mean(axis=(-2, -1))


def rises_by_halves(whole, without):
    known = np.split(np.arange(whole.shape[1] + 1), 2)[1][1:] - 1
    return (without[..., known] - whole[:, known]).mean(axis=-1).mean(axis=-1)


def rises_by_means(whole, without):
    half = (whole.shape[-1] + 1) // 2
    return without[..., half:].mean(axis=(-1, -2)) - whole[:, half:].mean()


def rises_from_the_end(whole, without):
    known = whole.shape[-1] // 2
    return np.mean((without - whole)[..., -known:], axis=(2, 3))


def rises_by_torch(whole, without):
    half = (whole.shape[-1] + 1) // 2
    return (torch.tensor(without) - torch.tensor(whole))[..., half:].mean((-1, -2))


def rises_by_list(whole, without):
    half = (whole.shape[-1] + 1) // 2
    return [[float(np.mean(one[:, half:] - whole[:, half:])) for one in row] for row in without]


def rises_in_place(whole, without):
    without -= whole
    return without[:, :, :, (whole.shape[1] + 1) // 2 :].reshape(*without.shape[:2], -1).mean(-1)


def rises_by_einsum(whole, without):
    texts, columns = whole.shape
    known = np.arange(columns) >= (columns + 1) // 2
    return np.einsum("lhst,t->lh", without - whole, known / known.sum()) / texts


def rises_by_pandas(whole, without):
    half = (whole.shape[1] + 1) // 2
    flat = (without - whole)[..., half:].reshape(len(without) * without.shape[1], -1)
    return pd.DataFrame(flat).mean(axis=1).to_numpy().reshape(without.shape[:2])


def rises_from(start, end=None, reduce=np.mean):
    def answer(whole, without):
        half = (whole.shape[-1] + 1) // 2
        change = (without - whole)[..., half + start : end]
        return reduce(change.reshape(*without.shape[:2], -1), axis=-1)

    return answer


def rises_from_column(start):
    """Build an answer with a half that is that of the notebook's text."""
    return lambda whole, without: (without - whole)[..., start:].mean(axis=(-2, -1))


def null_by_tries(heads, num_heads, rng):
    drawn = []
    for layer, _ in heads:
        pair = heads[0]
        while pair in heads or pair in drawn:
            pair = (layer, int(rng.integers(num_heads)))
        drawn.append(pair)
    return drawn


def null_by_choice(heads, num_heads, rng):
    drawn = []
    for layer in {layer for layer, _ in heads}:
        taken = [head for at, head in heads if at == layer]
        free = [head for head in range(num_heads) if head not in taken]
        drawn += [(layer, head) for head in rng.choice(free, len(taken), replace=False)]
    return drawn


def null_by_permutation(heads, num_heads, rng):
    order = {layer: iter(rng.permutation(num_heads).tolist()) for layer, _ in heads}
    drawn = []
    for layer, _ in heads:
        drawn.append((layer, next(h for h in order[layer] if (layer, h) not in heads)))
    return drawn


def null_by_shuffle(heads, num_heads, rng):
    drawn = []
    for layer in dict.fromkeys(layer for layer, _ in heads):
        free = [(layer, head) for head in range(num_heads) if (layer, head) not in heads]
        rng.shuffle(free)
        drawn.extend(free[: sum(at == layer for at, _ in heads)])
    return np.array(drawn)


def null_by_sorting(heads, num_heads, rng):
    free = {(at, h) for at, _ in heads for h in range(num_heads)} - set(heads)
    keyed = sorted(sorted(free), key=lambda pair: rng.random())
    wanted, drawn = {}, []
    for layer, _ in heads:
        wanted[layer] = wanted.get(layer, 0) + 1
    for layer, head in keyed:
        if wanted[layer]:
            wanted[layer] -= 1
            drawn.append([layer, head])
    return drawn


def null_by_torch(heads, num_heads, rng):
    return torch.tensor(np.array(null_by_choice(heads, num_heads, rng)))


def null_as_floats(heads, num_heads, rng):
    return np.array(null_by_choice(heads, num_heads, rng), dtype=np.float16)


def null_next(heads, num_heads, rng):
    """The next free head of the layer, and not a random one."""
    drawn = []
    for layer, _ in heads:
        taken = {*heads, *drawn}
        free = [h for h in range(num_heads) if (layer, h) not in taken]
        drawn.append((layer, free[0]))
    return drawn


def null_unfair(heads, num_heads, rng):
    """The first free head at or behind a random one: those behind the set come up too often."""
    drawn = []
    for layer, _ in heads:
        head = int(rng.integers(num_heads))
        while (layer, head) in heads or (layer, head) in drawn:
            head = (head + 1) % num_heads
        drawn.append((layer, head))
    return drawn


def null_anywhere(heads, num_heads, rng):
    layers = [layer for layer, _ in heads]
    return [(int(rng.choice(layers)), int(rng.integers(num_heads))) for _ in heads]


def null_with_itself(heads, num_heads, rng):
    drawn = []
    for layer in {layer for layer, _ in heads}:
        count = sum(at == layer for at, _ in heads)
        drawn += [(layer, int(h)) for h in rng.choice(num_heads, count, replace=False)]
    return drawn


def null_of_any(heads, num_heads, rng):
    """Any heads of the layers, also the same one again."""
    return [(layer, int(rng.integers(num_heads))) for layer, _ in heads]


def null_twice(heads, num_heads, rng):
    drawn = []
    for layer, _ in heads:
        free = [head for head in range(num_heads) if (layer, head) not in heads]
        drawn.append((layer, int(rng.choice(free))))
    return drawn


def null_seeded(heads, num_heads, rng):
    return null_by_choice(heads, num_heads, np.random.default_rng(0))


def null_one_layer(heads, num_heads, rng):
    layer = heads[0][0]
    return [(layer, h) for h in range(num_heads) if (layer, h) not in heads][: len(heads)]


def null_shifted(heads, num_heads, rng):
    return [(layer, (head + 1) % num_heads) for layer, head in heads]


def null_counting_from_one(heads, num_heads, rng):
    return [(layer, head + 1) for layer, head in null_by_choice(heads, num_heads, rng)]


def shares(layers):
    row, found = layers[-1, -1], []
    found.append(row[0])
    for layer in layers[-2::-1]:
        row = row @ layer
        found.append(row[0])
    return found


def shares_by_tables(layers):
    row = pd.Series(0.0, index=range(layers.shape[-1]))
    row.iloc[-1] = 1
    found = []
    for layer in layers[::-1]:
        row = row @ pd.DataFrame(layer)
        found.append(row[0])
    return found


def shares_by_products(layers):
    product, found = np.eye(layers.shape[-1]), []
    for layer in reversed(layers):
        product = product @ layer
        found.append(product[-1, 0])
    return np.array(found)


def shares_by_dot(layers):
    chain = list(layers)[::-1]
    powers = [
        np.linalg.multi_dot([*chain[: k + 1], np.eye(len(chain[0]))]) for k in range(len(chain))
    ]
    return [matrix[-1, 0] for matrix in powers]


def shares_by_torch(layers):
    row = torch.zeros(layers.shape[-1], dtype=torch.float64)
    row[-1] = 1
    found = []
    for layer in torch.tensor(layers).flip(0):
        row = row @ layer
        found.append(row[0])
    return torch.stack(found)


def shares_by_loop(layers):
    chance = {layers.shape[-1] - 1: 1.0}
    found = []
    for layer in layers[::-1]:
        after = {}
        for i, p in chance.items():
            for j in range(i + 1):
                after[j] = after.get(j, 0) + p * layer[i, j]
        chance = after
        found.append(chance[0])
    return found


def shares_by_columns(layers):
    """From the first layer up: how likely each output ends at token 0, start layer by layer."""
    depth = len(layers)
    found = []
    for steps in range(1, depth + 1):
        column = np.eye(layers.shape[-1])[:, 0]
        for layer in layers[depth - steps :]:
            column = layer @ column
        found.append(column[-1])
    return pd.Series(found)


def shares_from(start=-1, order=slice(None, None, -1), end=None):
    def answer(layers):
        row, found = np.eye(layers.shape[-1])[start], []
        for layer in layers[order]:
            row = row @ layer
            found.append(row[0])
        return np.array(found) if end is None else end(np.array(found))

    return answer


def shares_of_rollouts(layers):
    product, found = np.eye(layers.shape[-1]), []
    for layer in layers:
        product = layer @ product
        found.append(product[-1, 0])
    return found


def shares_by_wrong_side(layers):
    row, found = np.eye(layers.shape[-1])[-1], []
    for layer in layers[::-1]:
        row = layer @ row
        found.append(row[0])
    return found


def shares_from_anywhere(layers):
    row, found = np.full(layers.shape[-1], 1 / layers.shape[-1]), []
    for layer in layers[::-1]:
        row = row @ layer
        found.append(row[0])
    return found


def shares_and_start(layers):
    row = np.eye(layers.shape[-1])[-1]
    found = [row[0]]
    for layer in layers[::-1]:
        row = row @ layer
        found.append(row[0])
    return found


def null_of_neighbours(heads, num_heads, rng):
    """Begin at a random free head and take those behind it: each head as often, sets not."""
    drawn = []
    for layer in {layer for layer, _ in heads}:
        taken = [head for at, head in heads if at == layer]
        free = [head for head in range(num_heads) if head not in taken]
        first = rng.integers(len(free))
        drawn += [(layer, free[(first + k) % len(free)]) for k in range(len(taken))]
    return drawn


def null_of_one_order(heads, num_heads, rng):
    """One random order of the heads, for all layers."""
    order, drawn = rng.permutation(num_heads).tolist(), []
    for layer in {layer for layer, _ in heads}:
        taken = [head for at, head in heads if at == layer]
        drawn += [(layer, head) for head in order if head not in taken][: len(taken)]
    return drawn


def of_what_is_there(weights):
    """The mean over the last axis of what is not 0."""
    return np.nanmean(np.where(weights > 0, weights, np.nan), axis=-1)


def mended_if(alike):
    """Build an answer to exercise 4 for which other tokens are copies."""
    return lambda w, t: mended(w, [alike(token) for token in t])


def mended_of_words(weights, tokens):
    """No query that is a mark counts."""
    repeated = [any(token == other for other in tokens[:i]) for i, token in enumerate(tokens)]
    asking = [i for i in np.flatnonzero(repeated) if tokens[i].strip().isalpha()]
    earlier = np.tril(np.equal.outer(tokens, tokens), -1)
    return (weights * np.roll(earlier, 1, axis=1)).sum(axis=-1)[..., asking].mean(axis=-1)


def null_from(choose):
    """Build a null by another source of chance: choose(free, count)."""

    def answer(heads, num_heads, rng):
        drawn = []
        for layer in {layer for layer, _ in heads}:
            taken = [head for at, head in heads if at == layer]
            free = [head for head in range(num_heads) if head not in taken]
            drawn += [(layer, int(head)) for head in choose(free, len(taken))]
        return drawn

    return answer


def null_from_few(seeds):
    """Build a null that `rng` chooses among a few."""

    def answer(heads, num_heads, rng):
        return null_by_choice(heads, num_heads, np.random.default_rng(int(rng.integers(seeds))))

    return answer


def null_by_naive_shuffle(heads, num_heads, rng):
    """Each free head is exchanged for any other: some orders come up more often."""
    drawn = []
    for layer in {layer for layer, _ in heads}:
        taken = [head for at, head in heads if at == layer]
        free = [head for head in range(num_heads) if head not in taken]
        for i, j in enumerate(rng.integers(len(free), size=len(free))):
            free[i], free[j] = free[j], free[i]
        drawn += [(layer, head) for head in free[: len(taken)]]
    return drawn


def null_unless_alone(heads, num_heads, rng):
    """A head that is alone in its layer gets the first free one."""
    drawn = []
    for layer in {layer for layer, _ in heads}:
        taken = [head for at, head in heads if at == layer]
        free = [head for head in range(num_heads) if head not in taken]
        many = len(taken) > 1
        found = rng.choice(free, len(taken), replace=False) if many else free[:1]
        drawn += [(layer, int(head)) for head in found]
    return drawn


def null_up_to_the_largest(heads, num_heads, rng):
    """Heads behind the largest of the set are drawn only where they are needed."""
    largest, drawn = max(head for _, head in heads), []
    for layer in {layer for layer, _ in heads}:
        taken = [head for at, head in heads if at == layer]
        known = range(min(num_heads, max(largest + 1, 2 * len(taken))))
        free = [head for head in known if head not in taken]
        drawn += [(layer, int(head)) for head in rng.choice(free, len(taken), replace=False)]
    return drawn


def null_by_runs(heads, num_heads, rng):
    """Heads of one layer count as such only where they stand side by side in the list."""
    drawn = []
    for layer, run in groupby(heads, key=lambda pair: pair[0]):
        taken = [head for _, head in run]
        free = [head for head in range(num_heads) if head not in taken]
        drawn += [(layer, int(head)) for head in rng.choice(free, len(taken), replace=False)]
    return drawn


def null_by_coarse_keys(heads, num_heads, rng):
    """Heads sorted by a random digit: of equal digits the smaller head comes first."""
    drawn = []
    for layer in {layer for layer, _ in heads}:
        taken = [head for at, head in heads if at == layer]
        free = [head for head in range(num_heads) if head not in taken]
        order = np.argsort(rng.integers(10, size=len(free)), kind="stable")
        drawn += [(layer, free[k]) for k in order[: len(taken)]]
    return drawn


def null_by_shifting(heads, num_heads, rng):
    """All heads go on by the same random number, once none of them hits the set."""
    for _ in range(100):
        step = rng.integers(1, num_heads)
        drawn = [(layer, (head + step) % num_heads) for layer, head in heads]
        if not set(drawn) & set(heads):
            return drawn
    return null_by_choice(heads, num_heads, rng)


RIGHT = {
    "causal-1": [
        lambda weights: np.argsort((weights > weights.min()).sum(axis=1)),
        order_by_topology,
        order_by_torch,
        order_by_sorted,
        order_by_columns,
        order_by_ancestors,
        order_by_peeling,
        order_by_pandas,
        order_by_scatter,
        lambda weights: order_by_columns(weights).astype(np.float16),
        lambda weights: tuple(np.int8(i) for i in order_by_sorted(weights)),
    ],
    "causal-2": [
        previous_by_sum,
        previous_by_diagonal,
        previous_by_einsum,
        previous_by_torch,
        previous_by_index,
        previous_by_list,
        previous_by_mask,
        previous_by_fractions,
        on_type(previous_by_diagonal, np.float32),
        in_type(previous_by_index, np.float16),
        in_type(previous_by_index, torch.bfloat16),
    ],
    "causal-3": [
        induction_by_words,
        induction,
        induction_by_diagonal,
        induction_by_quarter,
        induction_by_torch,
        induction_by_list,
        induction_by_mask,
        induction_by_pandas,
        on_type(induction, np.float32),
        in_type(induction, np.float16),
        in_type(induction, torch.bfloat16),
    ],
    "causal-4": [
        mended_by_pairs,
        mended,
        mended_by_slices,
        mended_by_einsum,
        mended_by_torch,
        mended_by_places,
        mended_by_list,
        copies(),
        on_type(mended, np.float32),
        in_type(mended, np.float16),
        in_type(mended, torch.bfloat16),
    ],
    "causal-5": [
        path_by_matrix,
        path,
        path_by_list,
        path_by_diagonals,
        path_by_torch,
        path_by_einsum,
        path_by_pandas,
        path_by_logs,
        path_lazily,
        on_type(path, np.float32),
        in_type(path, np.float16),
        in_type(path, torch.bfloat16),
    ],
    "causal-6": [
        rises_by_halves,
        rises,
        rises_by_means,
        rises_from_the_end,
        rises_by_torch,
        rises_by_list,
        rises_in_place,
        rises_by_einsum,
        rises_by_pandas,
        on_type(rises, np.float32),
        in_type(rises, np.float16),
        in_type(rises, torch.bfloat16),
    ],
    "causal-7": [
        null_by_tries,
        null_by_choice,
        null_by_permutation,
        null_by_shuffle,
        null_by_sorting,
        null_by_torch,
        null_as_floats,
        lambda heads, num_heads, rng: iter(null_by_choice(heads, num_heads, rng)),
        lambda heads, num_heads, rng: {
            tuple(pair) for pair in null_by_tries(heads, num_heads, rng)
        },
    ],
    "causal-8": [
        shares_by_tables,
        shares,
        shares_by_products,
        shares_by_dot,
        shares_by_torch,
        shares_by_loop,
        shares_by_columns,
        on_type(shares, np.float32),
        in_type(shares, np.float16),
        in_type(shares, torch.bfloat16),
    ],
}

WRONG = {
    "causal-1": [
        (lambda w: np.argsort((w > 1e-250).sum(axis=1)), "not right yet"),
        (lambda w: np.argsort((w > 1e-20).sum(axis=1)), "not right yet"),
        (lambda w: np.argsort((w.astype(np.float32) > 0).sum(axis=1)), "not right yet"),
        (lambda w: np.argsort((w > 0).sum(axis=1))[:10], "shape"),
        (
            lambda w: np.argsort((np.linalg.matrix_power(w, 50) > 0).sum(axis=1)),
            "not right yet",
        ),
        (lambda w: np.argsort((w @ w > 0).sum(axis=1)), "not right yet"),
        (lambda w: order_by_topology(w)[::-1], "begins with the last"),
        (place_of, "ranks of the positions"),
        (lambda w: np.count_nonzero(w, axis=1), "how many tokens"),
        (lambda w: np.array(order_by_topology(w)) + 1, "counted from 0"),
        (lambda w: np.argsort(-w.sum(axis=0)), "attention they get"),
        (lambda w: np.argsort(w.sum(axis=0)), "not right yet"),
        (lambda w: np.arange(len(w)), "not right yet"),
        (lambda w: np.argsort((w > 1e-3).sum(axis=1)), "not right yet"),
        (lambda w: np.argsort((w > 0.01).sum(axis=1)), "not right yet"),
        (lambda w: np.argsort(-np.diag(w)), "not right yet"),
        (lambda w: np.argsort(-w.max(axis=1)), "not right yet"),
        (lambda w: np.argsort(w.argmax(axis=1)), "not right yet"),
        (lambda w: order_by_topology(w)[0], "shape"),
        (lambda w: np.argsort((w > 0).sum(axis=0)), "begins with the last"),
        (lambda w: w[order_by_topology(w)], "shape"),
        *nearly(order_by_columns, "sorted", "first row", "last row"),
    ],
    "causal-2": [
        (lambda w: of_what_is_there(np.diagonal(w, -1, 2, 3)), ("not right yet", "NaN")),
        (lambda w: np.diagonal(w, -1, 2, 3)[..., :16].mean(-1), "not right yet"),
        (lambda w: np.diagonal(w, -1, 2, 3)[..., :4].mean(axis=-1), "not right yet"),
        (lambda w: np.diagonal(w[:3], -1, 2, 3).mean(axis=-1), "shape"),
        (lambda w: position_score(w[..., 1:, :], np.arange(w.shape[-1] - 1)), "does the work"),
        (lambda w: np.diagonal(w, 1, 2, 3).mean(-1), "next token"),
        (lambda w: np.diagonal(w, 0, 2, 3).mean(-1), "token itself"),
        (
            lambda w: w[:, :, np.arange(w.shape[-1]), np.arange(w.shape[-1]) - 1].mean(-1),
            "does not count",
        ),
        (lambda w: np.diagonal(w, -1, 2, 3).sum(-1), "sum"),
        (lambda w: np.diagonal(w, -1, 2, 3).sum(-1) / w.shape[-1], "does not count"),
        (lambda w: previous_by_index(w).T, ("layers should come first", "shape")),
        (lambda w: np.diagonal(w, -1, 2, 3).max(-1), "not right yet"),
        (lambda w: np.median(np.diagonal(w, -1, 2, 3), axis=-1), "not right yet"),
        (lambda w: np.diagonal(w, -1, 2, 3)[..., -1], "not right yet"),
        (lambda w: np.diagonal(w, -1, 2, 3)[..., 0], "not right yet"),
        (lambda w: np.tril(w, -1).sum(-1).mean(-1), "not right yet"),
        (lambda w: np.tril(w, -1).sum(-1)[..., 1:].mean(-1), "all earlier tokens"),
        (lambda w: w[:, :, 1:, :-1].mean(axis=(-1, -2)), "a whole block"),
        (lambda w: previous_by_index(w).round(1), "not right yet"),
        (lambda w: previous_by_index(w).mean(), "shape"),
        (lambda w: offset_score(w, -1), "calls `course_lib.heads.offset_score`"),
        *nearly(
            previous_by_sum,
            "small results",
            "a square transposed",
            "a square made symmetric",
            "sorted",
            "first row",
            "last row",
        ),
    ],
    "causal-3": [
        (
            lambda w, half: of_what_is_there(w[:, :, half:, 1 : half + 1].diagonal(0, 2, 3)),
            ("not right yet", "NaN came back"),
        ),
        (on_keys(0), "earlier copy of the token; the token after"),
        (on_keys(-1), "not right yet"),
        (wrapped(lambda i, half: i - half - 1), "token before the earlier copy"),
        (on_keys(-1, first=1), "token before the earlier copy"),
        (lambda w, half: w[:, :, half:, 1 : half + 1].mean(axis=(2, 3)), "a whole block"),
        (wrapped(lambda i, half: i - half + 1, last=-1), "The last query counts"),
        (wrapped(lambda i, half: (i + 1) % half), "wraps round to token 0"),
        (lambda w, half: np.diagonal(w, 1 - half, 2, 3).mean(-1), "One query too many"),
        (lambda w, half: np.diagonal(w, 1 - half, 2, 3).sum(-1) / half, "not right yet"),
        (on_keys(1, first=1), "first word of the second copy was there"),
        (on_keys(1, reduce=np.sum), "sum"),
        (lambda w, half: induction(w, half) / 2, "not by all"),
        (on_keys(1, reduce=np.max), "not right yet"),
        (on_keys(1, reduce=np.median), "not right yet"),
        (on_keys(2), "not right yet"),
        (lambda w, half: induction(w, half).T, ("layers should come first", "shape")),
        (lambda w, half: induction(w.swapaxes(-1, -2), half), "not right yet"),
        (lambda w, half: w[..., half:, :half].sum(-1).mean(-1), "not right yet"),
        (lambda w, half: w[..., half:, 1:half].sum(-1).mean(-1), "not right yet"),
        (lambda w, half: induction(w, half).mean(), "shape"),
        (
            lambda w, half: induction_score(w, list(range(half)) * 2),
            "calls `course_lib.heads.induction_score`",
        ),
        *nearly(
            induction_by_words,
            "small results",
            "a square transposed",
            "a square made symmetric",
            "sorted",
            "first row",
            "last row",
        ),
    ],
    "causal-4": [
        (mended_if(str.lower), "not right yet"),
        (mended_if(str.strip), "not right yet"),
        (mended_if(id), ("not right yet", "NaN came back")),
        (mended_if(lambda token: f"{len(token)}{token[0]}"), "not right yet"),
        (mended_if(lambda token: token[:5]), "not right yet"),
        (mended_if(lambda token: "".join(sorted(token))), "not right yet"),
        (mended_of_words, "not right yet"),
        (copies(pick=lambda places: places[-3:]), "not right yet"),
        (copies(shift=0), "still the weight on the copies"),
        (copies(shift=-1), "shift the other way"),
        (copies(pick=lambda places: places[-1:]), "Only the last earlier copy"),
        (copies(pick=lambda places: places[:1]), "Only the first earlier copy"),
        (copies(reduce=True), "mean over the copies"),
        (copies(shift=2), "not right yet"),
        (over_all, "Divide by the queries that have an earlier copy"),
        (per_pair, "one with two copies counts once"),
        (masked(not_itself), "The query itself may be a key"),
        (masked(not_itself, again=True), "mean of nothing"),
        (masked(rolled_rows), "shift the columns"),
        (masked(rolled_rows, again=True), "shift the columns"),
        (masked(lambda earlier: np.roll(earlier, 1, axis=1), diagonal=-2), "mean of nothing"),
        (lambda w, t: mended(w, t).T, ("not right yet", "shape")),
        (lambda w, t: mended(w, t).mean(), "shape"),
        (lambda w, t: mended(w, t) * len(t), "not right yet"),
        (lambda w, t: mended(w.swapaxes(-1, -2), t), "not right yet"),
        (lambda w, t: mended(w, [token == t[0] for token in t]), "not right yet"),
        (lambda w, t: induction_score(w, t), "calls `course_lib.heads.induction_score`"),
        (lambda w, t: duplicate_score(w, t), "calls `course_lib.heads.duplicate_score`"),
        *nearly(
            mended_by_pairs,
            "small results",
            "a square transposed",
            "a square made symmetric",
            "sorted",
            "first row",
            "last row",
        ),
    ],
    "causal-5": [
        (lambda a, b, half: path(a, b, half) / path(a, b, half).sum(), "not right yet"),
        (lambda lower, upper, half: path(upper, lower, half), "heads are swapped"),
        (wrong_path(lambda i, h: i - h, lambda i, h, k: (k, k - 1)), "leads to the earlier copy"),
        (wrong_path(lambda i, h: i - h + 1, lambda i, h, k: (i, i - 1)), "where the first one"),
        (wrong_path(lambda i, h: i - h + 1, lambda i, h, k: (k, k)), "not to k itself"),
        (wrong_path(lambda i, h: i - h + 1, lambda i, h, k: (k - 1, k)), "not right yet"),
        (wrong_path(lambda i, h: i - h + 1, lambda i, h, k: (i, k)), "not right yet"),
        (wrong_path(lambda i, h: i - 1, lambda i, h, k: (k, k - 1)), "not right yet"),
        (lambda a, b, half: path(a, b, half).mean(), "mean"),
        (lambda a, b, half: (b @ a)[np.arange(half, 2 * half), np.arange(half)], "all paths"),
        (
            lambda a, b, half: path(a, b, half) ** 0.5,
            "not right yet",
        ),
        (lambda a, b, half: np.diagonal(b[half:, 1:]) + np.diagonal(a, -1)[:half], "the sum"),
        (
            lambda a, b, half: np.diagonal(b, 1 - half)[:half] * np.diagonal(a, -1)[:half],
            "one query too early",
        ),
        (
            lambda a, b, half: np.diagonal(b[half:, 1:]) * np.diagonal(a, -1)[1 : half + 1],
            "one place too late",
        ),
        (
            lambda a, b, half: np.minimum(np.diagonal(b[half:, 1:]), np.diagonal(a, -1)[:half]),
            "not right yet",
        ),
        (
            lambda a, b, half: np.diagonal(b[half:, 1:]).mean() * np.diagonal(a, -1)[:half].mean(),
            "product of means",
        ),
        (lambda a, b, half: path(a, b, half)[::-1], "not right yet"),
        (lambda a, b, half: path(a.T, b.T, half), "not right yet"),
        *nearly(path_by_matrix, "small results", "small inputs", "sorted", "last row"),
    ],
    "causal-6": [
        (lambda a, b: (b / a - 1)[..., len(a[0]) // 2 + 1 :].mean(axis=(-1, -2)), "not right yet"),
        (
            lambda a, b: (b - a)[..., (len(a[0]) + 1) // 2 :][..., :5].mean(axis=(-1, -2)),
            "not right",
        ),
        (rises_from(-1), "which nobody can know"),
        (rises_from(1), "can be known"),
        (lambda a, b: -rises(a, b), "The sign"),
        (lambda a, b: (b - a).mean(axis=(-1, -2)), "whole text"),
        (lambda a, b: (b - a)[..., : len(a[0]) // 2].mean(axis=(-1, -2)), "first copy"),
        (lambda a, b: b[..., (len(a[0]) + 1) // 2 :].mean(axis=(-1, -2)), "loss without the head"),
        (lambda a, b: rises(a, b).T, ("layers should come first", "shape")),
        (rises_from(0, reduce=np.sum), "That is the sum; the mean"),
        (lambda a, b: rises(a, b) * len(a), "sum over the texts"),
        *((rises_from_column(start), "half of another text") for start in (23, 24, 25)),
        (rises_from(0, reduce=np.median), "not right yet"),
        (
            rises_from(0, reduce=lambda rise, axis: rise.sum(axis) / (rise != 0).sum(axis)),
            ("not right yet", "NaN came back"),
        ),
        (rises_from(0, reduce=np.max), "not right yet"),
        (rises_from(0, end=-1), ("not right yet", "NaN came back")),
        (lambda a, b: np.maximum(rises(a, b), 0), "not right yet"),
        (lambda a, b: np.abs(b - a)[..., (len(a[0]) + 1) // 2 :].mean(axis=(-1, -2)), "not right"),
        (lambda a, b: rises(a[:1], b[:, :, :1]), "not right yet"),
        (lambda a, b: rises_by_means(a, b) / rises_by_means(0 * a, b), "not right yet"),
        (lambda a, b: (b - a)[..., (len(a[0]) + 1) // 2 :].mean(axis=-1), "shape"),
        *nearly(
            rises_by_halves,
            "small results",
            "small inputs",
            "a square transposed",
            "no diagonal of a square",
            "a square made symmetric",
            "clipped",
            "two digits",
            "sorted",
            "first row",
            "last row",
        ),
    ],
    "causal-7": [
        (null_from(lambda free, count: random.sample(free, count)), "the second time"),
        (
            null_from(lambda free, count: np.random.default_rng().permutation(free)[:count]),
            "the second time",
        ),
        (null_by_shifting, "the same chance"),
        (null_unless_alone, "the same chance"),
        (null_up_to_the_largest, "the same chance"),
        (null_by_runs, "of the set itself"),
        (null_of_neighbours, "set of others the same chance"),
        (null_of_one_order, "set of others the same chance"),
        (null_next, "the same chance"),
        (null_from_few(10), "the same chance"),
        (null_by_naive_shuffle, ("the same chance", "set of others the same chance")),
        (null_by_coarse_keys, ("the same chance", "set of others the same chance")),
        (null_unfair, "the same chance"),
        (null_anywhere, ("as many heads", "of the set itself")),
        (null_with_itself, "of the set itself"),
        (null_of_any, "of the set itself"),
        (null_twice, "drawn twice"),
        (null_seeded, "the same chance"),
        (null_one_layer, ("as many heads", "shape")),
        (null_shifted, "of the set itself"),
        (null_counting_from_one, ("numbered from 0", "of the set itself")),
        (lambda heads, num_heads, rng: heads, "of the set itself"),
        (lambda heads, num_heads, rng: null_by_choice(heads, num_heads, rng)[:1], "shape"),
        (lambda heads, num_heads, rng: [pair[::-1] for pair in heads], ("as many heads", "from 0")),
        (
            lambda heads, num_heads, rng: np.array(null_by_choice(heads, num_heads, rng)) + 0.25,
            "whole numbers",
        ),
        (
            lambda heads, num_heads, rng: [h for _, h in null_by_choice(heads, num_heads, rng)],
            "shape",
        ),
        (
            lambda heads, num_heads, rng: recorded_null(heads, (30, num_heads), rng),
            "calls `course_lib.data.smollm2_heads.others_like`",
        ),
    ],
    "causal-8": [
        (shares_from(end=lambda found: found / found[-1]), "not right yet"),
        (
            lambda layers: shares(np.broadcast_to(layers.mean(axis=0), layers.shape)),
            "not right yet",
        ),
        (lambda layers: shares((layers + np.eye(layers.shape[-1])) / 2), "mix it in again"),
        (shares_from(order=slice(None)), "takes the first layer first"),
        (shares_of_rollouts, "rollout of the first layers"),
        (shares_by_wrong_side, "against the edges"),
        (shares_from_anywhere, "starts anywhere"),
        (shares_from(start=0), "Begin at the last one"),
        (shares_from(start=-2), ("not right yet", "IndexError")),
        (shares_from(end=lambda found: found[::-1]), "wrong order"),
        (shares_from(end=lambda found: found[-1]), "share at the end"),
        (shares_from(end=np.cumsum), "not right yet"),
        (shares_from(end=lambda found: found[:-1]), "shape"),
        (shares_from(end=lambda found: np.append(0, found)), "shape"),
        (shares_and_start, "The start is not counted"),
        (lambda layers: layers[::-1, -1, 0], "one by one"),
        (lambda layers: layers[:, -1, 0], "not right yet"),
        (lambda layers: np.cumprod(layers[::-1, -1, 0]), "not right yet"),
        (lambda layers: layers[::-1, :, 0].mean(axis=1), "not right yet"),
        (lambda layers: np.ones(len(layers)), "All shares are 1"),
        (lambda layers: 1 - np.cumprod(1 - layers[::-1, -1, 0]), "not right yet"),
        (lambda layers: np.cumprod(layers[::-1, -1, -1]), "not right yet"),
        *nearly(
            shares_by_tables, "small results", "small inputs", "sorted", "first row", "last row"
        ),
    ],
}
