"""How the exercises of chapter 13 are checked."""

import itertools
import math
from collections import Counter
from functools import partial

import numpy as np
import scipy

from course_lib.chapters.ch13_causal import cases as made
from course_lib.exercises.exercise import Check, Wrong
from course_lib.exercises.judging import compare_all, read_array, same
from course_lib.exercises.particular import causal, twice, with_ordinary
from course_lib.exercises.rearranging import MIXED, reordered, reordered_causal
from course_lib.exercises.sizing import Sizes
from course_lib.heads import offset_score

exactly = partial(same, tolerance={"rtol": 0, "atol": 0})


def _judge_order(cases, values):
    mistakes = [
        (lambda w: made.reading_order(w)[::-1], "That begins with the last token."),
        (
            lambda w: np.argsort(made.reading_order(w)),
            "Those are the ranks of the positions; list the positions, the first token's first.",
        ),
        (lambda w: made.reading_order(w) + 1, "Positions are counted from 0."),
        (
            lambda w: np.count_nonzero(w, axis=1),
            "That is how many tokens each one sees; put the positions in that order.",
        ),
        (
            lambda w: np.argsort(-w.sum(axis=0)),
            "Those are the positions by the attention they get; a late one may get much. "
            "Ask how many tokens each one may see.",
        ),
    ]
    compare_all("The order", cases, values, made.reading_order, mistakes, same=exactly)


def _judge_previous(cases, values):
    mistakes = [
        (lambda w: offset_score(w, 1), "That is the next token; query i is row i."),
        (lambda w: offset_score(w, 0), "That is the token itself."),
        (
            lambda w: offset_score(w, -1) * (1 - 1 / w.shape[-1]),
            "The first token has none before it and does not count: there are n - 1 such queries.",
        ),
        (
            lambda w: w[..., 1:, :-1].mean(axis=(-2, -1)),
            "That is the mean of a whole block; of each row i, only column i - 1 counts.",
        ),
        (
            lambda w: np.tril(w, -1).sum(axis=-1)[..., 1:].mean(axis=-1),
            "That is the weight on all earlier tokens; only the one before counts.",
        ),
        (lambda w: offset_score(w, -1).T, "The layers should come first, then the heads."),
        (
            lambda w: offset_score(w, -1) * (w.shape[-1] - 1),
            "That is the sum; the mean over the queries is wanted.",
        ),
    ]
    compare_all("The scores", cases, values, lambda w: offset_score(w, -1), mistakes)


def _at(weights, half, shift, first=0, end=None):
    """Return the mean weight of some queries of the second copy on the keys i - half + shift.

    A key below 0 counts from the end, as in Python.
    """
    later = np.arange(half, 2 * half)[first:end]
    return weights[..., later, later - half + shift].mean(axis=-1)


def _judge_induction(cases, values):
    mistakes = [
        (
            lambda w, half: _at(w, half, 0),
            "That is the earlier copy of the token; the token after it is wanted.",
        ),
        *(
            (
                partial(_at, shift=-1, first=first),
                "That is the token before the earlier copy; the token after it is wanted.",
            )
            for first in (0, 1)
        ),
        (
            lambda w, half: offset_score(w, 1 - half),
            "One query too many: the last word of the first copy was not there before.",
        ),
        (
            lambda w, half: _at(w, half, 1) * half,
            "That is the sum; the mean over the second copy is wanted.",
        ),
        (
            lambda w, half: _at(w, half, 1) / 2,
            "Divide by the queries of the second copy, not by all.",
        ),
        (lambda w, half: _at(w, half, 1).T, "The layers should come first, then the heads."),
        (
            lambda w, half: _at(w, half, 1, first=1),
            "The first word of the second copy was there before, too: it counts.",
        ),
        (
            lambda w, half: _at(w, half, 1, end=-1),
            "The last query counts, too: its earlier copy stands at half - 1, "
            "and the token after that at half.",
        ),
        (
            lambda w, half: _at(w, half, 1) + (w[..., -1, 0] - w[..., -1, half]) / half,
            "The last query wraps round to token 0; the token after its earlier copy is at half.",
        ),
        (
            lambda w, half: w[..., half:, 1 : half + 1].mean(axis=(-2, -1)),
            "That is the mean of a whole block; of each query, only one key counts.",
        ),
    ]
    compare_all("The scores", cases, values, lambda w, half: _at(w, half, 1), mistakes)


def _judge_mended(cases, values):
    def last_copy(weights, tokens):
        return _one_copy(weights, tokens, max)

    def first_copy(weights, tokens):
        return _one_copy(weights, tokens, min)

    def over_all(weights, tokens):
        asking = sum(token in tokens[:i] for i, token in enumerate(tokens))
        return made.after_copies(weights, tokens) * asking / len(tokens)

    def not_itself(earlier):
        return np.tril(np.roll(earlier, 1, axis=1), -1)

    def per_pair(weights, tokens):
        """Of all pairs of a query and a copy, not of all queries."""
        asking = sum(token in tokens[:i] for i, token in enumerate(tokens))
        pairs = sum(tokens[:i].count(token) for i, token in enumerate(tokens))
        return made.after_copies(weights, tokens) * asking / pairs

    mistakes = [
        (
            lambda w, t: made.after_copies(w, t, shift=0),
            "That is still the weight on the copies; a copying head looks one place further on.",
        ),
        (
            lambda w, t: made.after_copies(w, t, shift=-1),
            "That looks at what came before the copies: shift the other way.",
        ),
        (last_copy, "Only the last earlier copy counts here; add up what followed all of them."),
        (first_copy, "Only the first earlier copy counts here; add up what followed all of them."),
        (over_all, "Divide by the queries that have an earlier copy, not by all."),
        (
            per_pair,
            "Divide by the queries that have an earlier copy; one with two copies counts once.",
        ),
        (
            partial(made.after_copies, reduce=np.mean),
            "That is the mean over the copies of a query; add up what followed all of them.",
        ),
        *(
            (
                partial(_masked, shift=lambda earlier: np.roll(earlier, 1, axis=0), again=again),
                "That shifts the rows, which are the queries; shift the columns.",
            )
            for again in (False, True)
        ),
        (
            partial(_masked, shift=not_itself),
            "The query itself may be a key: where its token stands twice side by side, it is what "
            "followed the earlier copy.",
        ),
        (
            partial(_masked, shift=not_itself, again=True),
            "A copy right before the query counts, too. Without it, a text may have no query left, "
            "and the mean of nothing is NaN.",
        ),
    ]
    compare_all("The scores", cases, values, made.after_copies, mistakes)


def _masked(weights, tokens, *, shift, again=False):
    """Return the score by a boolean matrix; NaN where no query is left.

    Which queries count is seen from the copies, or `again` from the keys.
    """
    words = np.array(tokens)
    earlier = np.tril(words[:, None] == words, -1)
    keys = shift(earlier)
    asking = (keys if again else earlier).any(axis=1)
    found = (weights * keys).sum(axis=-1)[..., asking]
    return found.mean(axis=-1) if asking.any() else np.full(found.shape[:-1], np.nan)


def _one_copy(weights, tokens, pick):
    pairs = [
        (i, pick(j for j in range(i) if tokens[j] == token) + 1)
        for i, token in enumerate(tokens)
        if token in tokens[:i]
    ]
    queries, keys = np.transpose(pairs)
    return weights[..., queries, keys].mean(axis=-1)


def _judge_path(cases, values):
    def path(lower, upper, half, shift=1, back=1, join=np.multiply):
        i = np.arange(half, 2 * half)
        k = i - half + shift
        return join(upper[i, k], lower[k, k - back])

    def upper_first(lower, upper, half):
        return path(upper, lower, half)

    def from_query(lower, upper, half):
        i = np.arange(half, 2 * half)
        return upper[i, i - half + 1] * lower[i, i - 1]

    def means(lower, upper, half):
        i = np.arange(half, 2 * half)
        k = i - half + 1
        return upper[i, k].mean() * lower[k, k - 1].mean()

    def whole(lower, upper, half):
        i = np.arange(half, 2 * half)
        return (upper @ lower)[i, i - half]

    def one_off(lower, upper, half, up, low):
        """Multiply diagonals of which one begins too early or too late."""
        return np.diagonal(upper, 1 - half)[up : up + half] * np.diagonal(lower, -1)[low:][:half]

    mistakes = [
        (partial(path, join=np.add), "That is the sum of the two edges; multiply them."),
        (
            partial(one_off, up=0, low=0),
            "The first edges begin one query too early, at the last word of the first copy.",
        ),
        (partial(one_off, up=1, low=1), "The second edges begin one place too late, at k + 1."),
        (
            partial(path, back=0),
            "The second edge leads from k to k - 1, and not to k itself.",
        ),
        (
            upper_first,
            "The heads are swapped: from query i the walk takes the upper head's edge first.",
        ),
        (
            lambda *case: path(*case, shift=0),
            "The first edge leads to the earlier copy; it should lead to the token after it.",
        ),
        (
            from_query,
            "The second edge starts where the first one ended, at k, and not at the query i.",
        ),
        (whole, "That adds up all paths from i to the earlier copy; take the one through k."),
        (lambda *case: path(*case).mean(), "That is the mean; return one number for each query."),
        (means, "That is a product of means; multiply the two edges of each query."),
    ]
    compare_all("The paths", cases, values, path, mistakes)


def _judge_rises(cases, values):
    def rises(whole, without, start=0):
        known = (whole.shape[1] + 1) // 2 + start
        return (without - whole)[..., known:].mean(axis=(-2, -1))

    mistakes = [
        (
            partial(rises, start=-1),
            "The first word of the second copy is counted, too, which nobody can know. "
            "Column t is about word t + 1.",
        ),
        (
            partial(rises, start=1),
            "The second word of the second copy is left out, which can be known. "
            "Column t is about word t + 1.",
        ),
        (
            lambda a, b: -rises(a, b),
            "The sign is wrong: a rise is the loss without the head minus that with all heads.",
        ),
        (
            lambda a, b: (b - a).mean(axis=(-2, -1)),
            "That is the rise on the whole text; only the second copy is wanted.",
        ),
        (
            lambda a, b: (b - a)[..., : (a.shape[1] + 1) // 2 - 1].mean(axis=(-2, -1)),
            "That is the rise on the first copy.",
        ),
        (
            lambda a, b: b[..., (a.shape[1] + 1) // 2 :].mean(axis=(-2, -1)),
            "That is the loss without the head; how much more is it than with all heads?",
        ),
        (lambda a, b: rises(a, b).T, "The layers should come first, then the heads."),
        (
            lambda a, b: rises(a, b) * b.shape[2] * (b.shape[3] // 2),
            "That is the sum; the mean over all texts and tokens is wanted.",
        ),
        (
            lambda a, b: rises(a, b) * b.shape[2],
            "That is the sum over the texts; the mean over them is wanted, too.",
        ),
    ]
    mistakes += [(partial(_from, start), OTHER_HALF) for start in (23, 24, 25)]
    compare_all("The rises", cases, values, rises, mistakes)


OTHER_HALF = (
    "That takes `half` from the notebook, where it is half of another text. "
    "Take it from the shape of `whole`."
)


def _from(start, whole, without):
    """Return the rise from a fixed column on; NaN where a text does not reach so far."""
    change = (without - whole)[..., start:]
    return change.mean(axis=(-2, -1)) if change.size else np.full(without.shape[:2], np.nan)


UNLIKELY = 1e-7  # a count that is further out than this does not come of fair draws


def _judge_null(cases, values):
    drawn = [
        read_array(_listed(value), "The heads", shape=(len(heads), 2)).tolist()
        for (heads, *_), value in zip(cases, values, strict=True)
    ]
    for (heads, count, _), found in zip(cases, drawn, strict=True):
        pairs = [tuple(pair) for pair in found]
        if any(pair != (int(pair[0]), int(pair[1])) for pair in pairs):
            raise Wrong("Layers and heads are whole numbers, got {pairs}.", pairs=pairs)
        if not all(0 <= head < count for _, head in pairs):
            raise Wrong(
                "There are {count} heads in a layer, numbered from 0; got {pairs}.",
                count=count,
                pairs=[(int(layer), int(head)) for layer, head in pairs],
            )
        if Counter(layer for layer, _ in pairs) != Counter(layer for layer, _ in heads):
            raise Wrong("Each layer should give as many heads as it has in the set.")
    sets = [{tuple(pair) for pair in pairs} for pairs in drawn]
    if any(found & set(heads) for found, (heads, *_) in zip(sets, cases, strict=True)):
        raise Wrong("A head of the set itself was drawn; the null is about the others.")
    if any(len(found) < len(pairs) for found, pairs in zip(sets, drawn, strict=True)):
        raise Wrong("A head was drawn twice.")
    _judge_fairness(cases, drawn)
    first = {}
    for (heads, count, rng), found in zip(cases, drawn, strict=True):
        asked = repr((heads, count, rng.bit_generator.state))
        if sorted(found) != sorted(first.setdefault(asked, found)):
            raise Wrong(
                "The same generator in the same state gave other heads the second time. "
                "Draw with `rng`, and with nothing else."
            )


def _listed(pairs):
    return sorted(pairs, key=repr) if isinstance(pairs, frozenset) else pairs


def _judge_fairness(cases, drawn):
    """Of sets that were asked for many times, see that heads and sets come up as they should."""
    asked = Counter((*sorted(heads), count) for heads, count, _ in cases)
    # Few layers first: what all layers have in common would look like unfair heads in many.
    for key, times in sorted(asked.items(), key=lambda item: len(item[0])):
        *heads, count = key
        if times < made.CALLS:
            continue
        taken, found = _by_layer(heads), []
        for (given, number, _), pairs in zip(cases, drawn, strict=True):
            if (*sorted(given), number) == key:
                found.append(_by_layer((int(layer), int(head)) for layer, head in pairs))
        for same_heads in set(taken.values()):  # layers with the same heads in the set are as one
            layers = [layer for layer in taken if taken[layer] == same_heads]
            sets = [its[layer] for its in found for layer in layers]
            _see_heads(sets, count, same_heads)
            _see_sets(sets, math.comb(count - len(same_heads), len(same_heads)))
        ways = math.prod(math.comb(count - len(some), len(some)) for some in taken.values())
        _see_sets([frozenset(its.items()) for its in found], ways, size=len(heads))


def _by_layer(pairs):
    """Return the heads of each layer, as frozen sets."""
    found = {}
    for layer, head in pairs:
        found.setdefault(layer, set()).add(head)
    return {layer: frozenset(heads) for layer, heads in found.items()}


def _see_heads(sets, count, taken):
    """Raise `Wrong` where one of the other heads came too often or too seldom, one by one."""
    times, found = len(sets), Counter(head for some in sets for head in some)
    chance, binom = len(taken) / (count - len(taken)), scipy.stats.binom
    for head in set(range(count)) - taken:
        seen = found[head]
        tails = binom.cdf(seen, times, chance), binom.sf(seen - 1, times, chance)
        if min(tails) < UNLIKELY:
            raise Wrong(
                "In {times} draws with different generators, head {head} of {count} came "
                "{seen} times. Let `rng` choose, each other head with the same chance.",
                times=times,
                head=head,
                count=count,
                seen=seen,
            )


def _see_sets(sets, ways, size=None):
    """Raise `Wrong` where some sets of heads came too often, though the single heads did not."""
    times = len(sets)
    if ways <= times / 10 and _chance_of(Counter(sets), times, ways) < UNLIKELY:
        raise Wrong(
            "In {times} draws of {size} heads, some of the {ways} possible sets came far too "
            "often, though each single head did not. Give each set of others the same chance.",
            times=times,
            size=size or len(sets[0]),
            ways=ways,
        )


def _chance_of(sets, times, ways):
    """Return how likely fair draws are to fall as unevenly over all possible sets (chi-square)."""
    even = times / ways
    unevenness = sum((seen - even) ** 2 / even for seen in sets.values())
    return scipy.stats.chi2.sf(unevenness + (ways - len(sets)) * even, ways - 1)


def _judge_walk(cases, values):
    def climbing(layers, start=-1, end=0):
        """Return the products of the first 1, 2, … layers at one place."""
        products = itertools.accumulate(layers, lambda below, layer: layer @ below)
        return np.array([product[start, end] for product in products])

    def from_anywhere(layers):
        starts = range(layers.shape[-1])
        return np.mean([made.on_first(layers, start=start) for start in starts], axis=0)

    mistakes = [
        (
            lambda layers: made.on_first(layers[::-1]),
            "That walk takes the first layer first. It starts above the last layer: begin there.",
        ),
        (
            lambda layers: made.on_first(layers, start=0),
            "All shares are 1, as for a walk from the first token. Begin at the last one.",
        ),
        (
            lambda layers: layers[::-1, -1, 0],
            "Those are the layers one by one; each step begins where the one before it ended.",
        ),
        (
            lambda layers: made.on_first(layers)[::-1],
            "The shares are in the wrong order: after one step first.",
        ),
        (climbing, "That is the rollout of the first layers; the walk takes the last ones first."),
        (
            lambda layers: climbing(layers[::-1], start=0, end=-1),
            "`layer @ row` goes against the edges. The step from i is in row i: `row @ layer`.",
        ),
        (
            lambda layers: made.on_first((layers + np.eye(layers.shape[-1])) / 2),
            "The residual is already in the layers; don't mix it in again.",
        ),
        (
            from_anywhere,
            "That walk starts anywhere with the same chance; it should start at the last token.",
        ),
        (
            lambda layers: np.append(float(layers.shape[-1] == 1), made.on_first(layers)),
            "The start is not counted: return one number after each step.",
        ),
        (
            lambda layers: made.on_first(layers)[-1],
            "That is the share at the end; return one for each step.",
        ),
    ]
    compare_all("The shares", cases, values, made.on_first, mistakes)


LIBRARY = ("course_lib.heads",)  # its scores, and what they are made of
CHECKS = {
    "causal-1": Check(
        inputs=made.shuffled,
        judge=_judge_order,
        fits=made.is_causal,
        sizes=Sizes(made.shuffled_of),
    ),
    "causal-2": Check(
        inputs=made.heads,
        twins=MIXED + reordered(0),
        judge=_judge_previous,
        without=LIBRARY,
        sizes=Sizes(lambda rng, *shape: (made.causal_weights(rng, *shape),), (1, 1, 2)),
        particular=lambda weights: (causal(twice(weights))[None],),
    ),
    "causal-3": Check(
        inputs=made.said_twice,
        twins=MIXED + reordered(0),
        judge=_judge_induction,
        without=LIBRARY,
        sizes=Sizes(made.said_twice_of, (1, 1, 2)),
        particular=lambda weights: (causal(twice(weights))[None], 2),
    ),
    "causal-4": Check(
        inputs=made.texts,
        twins=MIXED + reordered(0),
        judge=_judge_mended,
        without=LIBRARY,
        sizes=Sizes(made.text_of, (1, 1, 2)),
        particular=lambda weights: (causal(twice(weights))[None], ["on", "no", "on", "the"]),
    ),
    "causal-5": Check(
        inputs=made.two_heads,
        # The first row of either head is never used.
        twins=MIXED[1:] + reordered_causal(0, 1),
        judge=_judge_path,
        sizes=Sizes(made.two_heads_of),
        particular=lambda weights: (*causal(with_ordinary(weights)), 2),
    ),
    "causal-6": Check(
        inputs=made.losses,
        twins=MIXED + reordered(0, axis=-1),
        judge=_judge_rises,
        sizes=Sizes(made.losses_of, (1, 1, 1, 2)),
        particular=lambda weights: (weights[:, :3], np.stack([[weights[:, 1:]]])),
    ),
    "causal-7": Check(
        inputs=made.chosen_heads,
        judge=_judge_null,
        without=("course_lib.data.smollm2_heads:others_like",),
        fits=made.are_half,
    ),
    "causal-8": Check(
        inputs=made.walks,
        twins=MIXED + reordered(0),
        judge=_judge_walk,
        sizes=Sizes(lambda rng, layers, n: (made.causal_weights(rng, layers, n),), (1, 1)),
        particular=lambda weights: (np.stack([np.eye(4), causal(weights)]),),
    ),
}
