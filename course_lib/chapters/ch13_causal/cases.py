"""The inputs of the checks of chapter 13, and what is right on them."""

from collections import Counter

import numpy as np

from course_lib._waiting import tries
from course_lib.attention import softmax

MANY = 179  # draws for one set, or more: so often that unfair ones show
CALLS, DEEP, FEW = 60, 96, 4  # calls with the same heads in so many layers: each of them draws, too


def causal_weights(rng, *shape, scale=2.0):
    """Return causal attention weights (..., n, n) that are positive wherever they may be."""
    n = shape[-1]
    logits = np.where(np.tri(n, dtype=bool), scale * rng.normal(size=(*shape, n)), -np.inf)
    return softmax(logits)


def spotted(rng, *shape):
    """Return causal attention weights with zeros also where attention is allowed."""
    weights = causal_weights(rng, *shape) * (rng.random((*shape, shape[-1])) < 0.6)
    weights[..., 0] += weights.sum(axis=-1) == 0
    return weights / weights.sum(axis=-1, keepdims=True)


def faint(*shape, small=5e-5):
    """Return causal weights of heads that hardly look at earlier tokens: small numbers count."""
    below = np.tril(np.full(shape[-2:], small), -1)
    return np.broadcast_to(below + np.diag(1 - below.sum(axis=1)), shape).copy()


def nearly_alike(rng, n):
    """Return two (2, 2, n, n) weights that differ in two heads only, and there by some 1e-5."""
    one = causal_weights(rng, 2, 2, n)
    other = one.copy()
    for weights, small in ((one, 5e-5), (other, 9e-5)):
        weights[[0, 1], [0, 1]] = faint(n, n, small=small)
    return one, other


def shuffled(rng):
    """Make causal heads in another order: sinks, tiny weights, one token, and orders of all kinds.

    No drawn order is its own inverse, so that an order and the ranks of its positions differ.
    """
    cases = [(np.ones((1, 1)),)]
    # The same numbers, and of three tokens also the same first rows, or the same last ones.
    for order in ((0, 1), (1, 0), (0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0)):
        even = np.tri(len(order)) / np.arange(1, len(order) + 1)[:, None]
        cases.append((_in_order(even, np.array(order)),))
    for n, scale in ((3, 1), (5, 1), (5, 1), (6, 9), (int(rng.integers(7, 12)), 2)):
        for _ in tries("an order that is not its own inverse"):
            order = rng.permutation(n)
            if (np.argsort(order) != order).any():
                break
        cases.append((_in_order(causal_weights(rng, n, scale=scale), order),))
    for much in (1e9, 2.0**1020):  # everybody looks at itself, hardly elsewhere
        sink = np.tri(4) + np.eye(4) * [0, much, much, much]
        order = np.roll(np.arange(4), rng.integers(1, 4))
        cases.append((_in_order(sink / sink.sum(axis=1, keepdims=True), order),))
    # Everybody looks at the first token: of many steps, none that counts leads elsewhere, and two
    # steps along tiny weights come to 0.
    for much in (1e9, 2.0**1020):
        sink = np.tri(5) + np.eye(5)[0] * much * (np.arange(5) > 0)[:, None]
        order = np.roll(np.arange(5), rng.integers(1, 5))
        cases.append((_in_order(sink / sink.sum(axis=1, keepdims=True), order),))
    n = int(rng.integers(20, 30))
    return [*cases, (_in_order(causal_weights(rng, n), rng.permutation(n)),)]


def shuffled_of(rng, n):
    """Make a causal head of n tokens, in another order."""
    return (_in_order(causal_weights(rng, n, scale=1), rng.permutation(n)),)


def _in_order(weights, order):
    """Return the weights with token t at position order[t]."""
    back = np.argsort(order)
    return weights[np.ix_(back, back)]


def is_causal(weights):
    """Tell whether each token sees one more than the one before it, in some order."""
    return bool((np.sort(np.count_nonzero(weights, axis=1)) == np.arange(len(weights)) + 1).all())


def reading_order(weights):
    """Return the positions, that of the first token first: each sees one token more."""
    return np.argsort(np.count_nonzero(weights, axis=1))


def heads(rng):
    """Make (l, h, n, n) weights: also two tokens, one head, many zeros, and many tokens."""
    sizes = [
        (causal_weights, (1, 1, 2)),
        (causal_weights, (2, 3, 5)),
        (causal_weights, (2, 3, 5)),  # what a call keeps for the next of its size shows
        (spotted, (3, 2, 4)),
        (spotted, rng.integers((2, 2, 2), 6).tolist()),
        (causal_weights, rng.integers((6, 2, 20), (9, 5, 40)).tolist()),
    ]
    drawn = [make(rng, *size) for make, size in sizes]
    return [(weights,) for weights in (*drawn, *nearly_alike(rng, 3))]


def said_twice_of(rng, layers, h, half):
    """Make weights of so many words said twice."""
    return causal_weights(rng, layers, h, 2 * half), half


def said_twice(rng):
    """Make weights of words said twice, and how many words they are."""
    sizes = [
        (causal_weights, (1, 1, 2)),
        (causal_weights, (2, 3, 4)),
        (causal_weights, (2, 3, 4)),
        (spotted, (3, 2, 3)),
        (spotted, rng.integers((2, 2, 2), 6).tolist()),
        (causal_weights, rng.integers((6, 2, 16), (9, 5, 30)).tolist()),
    ]
    drawn = [(make(rng, layers, h, 2 * half), half) for make, (layers, h, half) in sizes]
    return [*drawn, *((weights, 2) for weights in nearly_alike(rng, 4))]


def text_of(rng, layers, h, n):
    """Make weights and n tokens of which the last one has been there before."""
    tokens = rng.choice(["on", "no", "the", "7"], size=n).tolist()
    return causal_weights(rng, layers, h, n), [*tokens[:-1], tokens[rng.integers(n - 1)]]


def texts(rng):
    """Make weights and tokens that recur: many times, side by side, at the end, one alone.

    Tokens that look alike are other tokens, and a mark is a token as well as a word is. Equal ones
    are not the same object, as those that a tokenizer returns need not be.
    """
    short = {"a": "the", "b": "The", "c": " the", "d": "thy"}
    long = {"a": "attention", "b": "attentional", "c": "attentive", "d": "attentively"}
    marked = {"a": ",", "b": "no", "c": "on", "d": "7"}
    crafted = ["abcab", "aab", "abab", "aaaaaaaa", "abcda", "cabba", "abcdaabcda"]
    drawn = rng.choice(list("abcd"), size=int(rng.integers(12, 24)))
    cases = []
    for number, tokens in enumerate([*crafted, drawn]):
        layers, h = (int(k) for k in rng.integers(1, 4, size=2))
        make, words = (causal_weights, spotted)[number % 2], (short, long, marked)[number % 3]
        spelled = ["".join(list(words[token])) for token in tokens]
        cases.append((make(rng, layers, h, len(tokens)), spelled))
    cases.append((cases[0][0], [*"abcba"]))
    for weights in nearly_alike(rng, 2):
        weights[..., 1, :] = weights[..., 1, ::-1].copy()  # here a small weight is on itself
        cases.append((weights, ["no", "no"]))
    return cases


def after_copies(weights, tokens, shift=1, reduce=np.sum):
    """Return the mean over the queries with earlier copies of the weight on what followed them."""
    n = len(tokens)
    keys = {
        i: [j + shift for j in range(i) if tokens[i] == tokens[j] and 0 <= j + shift < n]
        for i in range(n)
        if tokens[i] in tokens[:i]
    }
    return np.mean([reduce(weights[..., i, at], axis=-1) for i, at in keys.items()], axis=0)


def two_heads_of(rng, half):
    """Make two heads on so many words said twice."""
    return *causal_weights(rng, 2, 2 * half, scale=1), half


def two_heads(rng):
    """Make two heads on words said twice."""
    sizes = [2, 3, 3, 4, int(rng.integers(5, 20)), 1]
    cases = [two_heads_of(rng, half) for half in sizes]
    upper = causal_weights(rng, 4, scale=1)
    return [*cases, *((faint(4, 4, small=small), upper, 2) for small in (5e-5, 9e-5))]


def losses_of(rng, layers, h, texts, half):
    """Make losses of some texts of so many words said twice."""
    whole = np.exp(rng.normal(size=(texts, 2 * half - 1)))
    whole[:, :half] *= 5  # what cannot be known
    change = rng.normal(size=(layers, h, texts, 2 * half - 1))
    change[rng.random(change.shape) < 0.3] = 0
    return whole, np.abs(whole + change)


def losses(rng):
    """Make losses of texts said twice, with all heads and without each; some fall, some stay."""
    cases = []
    sizes = [
        (1, 1, 1, 2),
        (2, 3, 2, 4),
        (2, 3, 2, 4),
        (3, 2, 4, 3),
        (2, 2, 3, int(rng.integers(6, 30))),
    ]
    for layers, h, texts, half in sizes:
        cases.append(losses_of(rng, layers, h, texts, half))
    far, change = 900 * rng.random((2, 5)), 600 * rng.random((2, 2, 2, 5))
    cases.append((far, far + 300 + change))
    for _ in range(2):  # of texts that are nearly certain
        certain = 5e-5 * (1 + rng.random((1, 3)))
        cases.append((certain, certain + 5e-5 * rng.random((2, 2, 1, 3))))
    return cases


def chosen_heads(rng):
    """Make sets of heads and generators: two sets many times, half of a layer, several layers.

    The heads of one set are neighbours: an answer that draws any head and goes on to the next free
    one draws the one behind them too often. They are the same in many layers, so that also an
    order that is only nearly random shows, as of heads each exchanged for any other. A few layers
    have one head in the set. The other set has the same two heads in each of two layers, by turns:
    one random order for both layers shows, and whether the last head of all is drawn, too. The
    last two cases are the same one with the same generator.
    """
    first = int(rng.integers(6))
    neighbours = [(layer, (first + k) % 6) for layer in range(DEEP) for k in range(2)]
    neighbours += [(DEEP + k, first) for k in range(FEW)]
    several = [(3, 0), (1, 2), (3, 5), (7, 8), (3, 1), (1, 0)]
    half = [(2, h) for h in rng.permutation(6)[:3].tolist()]
    taken = rng.permutation(4)[:2].tolist()
    pairs = [(layer, head) for head in taken for layer in (2, 6)]
    sets = [(neighbours, 6)] * CALLS + [(pairs, 5)] * MANY
    sets += [(several, 9), (several[::-1], 9), (half, 6), ([(5, 1)], 2), ([(3, 0), (1, 2)], 5)]
    sets.append(([(layer, int(rng.integers(3))) for layer in (4, 2, 9)], 3))
    sets += [([divmod(k, 3) for k in range(count)], count) for count in (7, 8)]
    seeds = rng.integers(2**32, size=len(sets)).tolist()
    sets.append(([(layer, head) for layer in range(4) for head in range(3)], 9))
    return [
        (list(heads), count, np.random.default_rng(seed))
        for (heads, count), seed in zip([*sets, sets[-1]], [*seeds, 0, 0], strict=True)
    ]


def are_half(heads, count, rng):
    """Tell whether a set holds at most half of the heads of each layer."""
    taken = Counter(layer for layer, _ in heads).values()
    return all(head < count for _, head in heads) and 2 * max(taken) <= count


def walks(rng):
    """Make causal layers with a residual mixed in, that do not commute."""
    cases = []
    for layers, n in ((1, 3), (2, 1), (3, 2), (4, 5), (4, 5), (int(rng.integers(6, 12)), 7)):
        share = rng.choice([0, 0.3, 0.6])
        drawn = causal_weights(rng, layers, n, scale=1)
        cases.append((share * np.eye(n) + (1 - share) * drawn,))
    return [*cases, *((faint(3, 2, 2, small=small),) for small in (2e-5, 3e-5))]


def on_first(layers, start=-1):
    """Return how much of a walk down from one output is on token 0 after each step."""
    row, found = np.eye(layers.shape[-1])[start], []
    for layer in layers[::-1]:
        row = row @ layer
        found.append(row[0])
    return np.array(found)
