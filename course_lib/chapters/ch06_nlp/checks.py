"""The checks of chapter 06: self-attention in language."""

import numpy as np

from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import (
    compare,
    compare_number,
    compare_numbers,
    has_nan,
    read_array,
    read_pair,
)
from course_lib.exercises.modules import compare_gradients, read_run, run_module
from course_lib.language import later, say

SPREAD = np.sqrt(32 / 256)  # of sums of 32 products of unit variance, divided by √256


def _judge_spread(cases, values):
    mistakes = [
        (32 / 256, "That is the variance; the spread is its square root."),
        (1, "That is the spread with the right scale, 1/√d_head."),
        (np.sqrt(32), "That is the spread before anything is divided."),
        (np.sqrt(256) / np.sqrt(32), "That is by how much the logits are too small: turn it over."),
        (np.sqrt(256 / 16), "A head sees 32 features, so its logits are sums of 32 products."),
        (np.sqrt(8 / 256), "A head has 256 / 8 features, not 8."),
        (32 / np.sqrt(256), "Divide the spread of the sum by √256, not its variance."),
        (np.sqrt(32 / np.sqrt(256)), "The sum is divided by √256, so its variance by 256."),
    ]
    compare_number(values[0], SPREAD, "`spread`", mistakes, within=6e-4)


def _sizes(rng):
    return [(256, 8), (8, 2), (12, 3), (16, 1), (32, 16)]


def _judge_parameters(cases, values):
    for (d, h), value in zip(cases, values, strict=True):
        what = f"`projection_parameters({d}, {h})`"
        pair = read_pair(
            value, what, later("the article's number"), later("that of multi-head attention")
        )
        article, ours = (read_array(part, what, shape=()).item() for part in pair)
        if h > 1 and (article, ours) == (3 * d * d, 3 * (d // h) ** 2):
            raise Wrong("The two numbers are swapped: the article's comes first.")
        mistakes = [
            (
                3 * d * d // h,
                "That is h times too many: all heads share three d_head × d_head matrices.",
            ),
            (3 * d * d, "All heads share three d_head × d_head matrices."),
            ((d // h) ** 2, "There are three projections: query, key and value."),
            (3 * (d // h) ** 2 + d * d, "Leave the output projection out: both have one."),
            (3 * ((d // h) ** 2 + d // h), "There are no biases."),
        ]
        compare(article, 3 * (d // h) ** 2, say("{what}, the article's", what=what), mistakes)
        mistakes = [
            (d * d, "There are three projections: query, key and value."),
            (4 * d * d, "Leave the output projection out: both have one."),
            (
                3 * d * d // h,
                "That is h times too few: each of the h heads has a d_model × d_head matrix.",
            ),
            (3 * (d * d + d), "There are no biases."),
            (3 * d * d * h, "All heads together make one d_model × d_model matrix."),
        ]
        compare(ours, 3 * d * d, say("{what}, multi-head attention's", what=what), mistakes)


NAMES = ("query", "key", "value", "output")


def _texts_with_filling(rng):
    """Make attention modules with their parameters, and texts of several lengths."""
    cases = []
    for d, h, lengths in ((8, 2, (4, 2)), (6, 3, (3, 5, 1)), (6, 1, (4, 3)), (8, 4, (2, 0))):
        n = max(lengths)
        parameters = {f"{name}.weight": rng.normal(size=(d, d)) / np.sqrt(d) for name in NAMES}
        parameters = {name: value.astype(np.float32) for name, value in parameters.items()}
        x = rng.normal(size=(len(lengths), n, d)).astype(np.float32)
        mask = np.arange(n) < np.array(lengths)[:, None]
        probe = rng.normal(size=x.shape).astype(np.float32)
        cases.append(((d, h), parameters, (x, mask), probe))
    return cases


def _reference(
    arguments,
    parameters,
    inputs,
    probe,
    *,
    scale=None,
    use="keys",
    turned=False,
    axis=-1,
    whole=False,
    bare=False,
):
    """Return output, weights and gradients of the right module, or of one with a mistake.

    `use` says what the mask is used for: to hide "keys", as it should, or "queries", or "both";
    "inverted", or inverted only "before" the softmax; only "after" it; or for "none" of this.
    `turned`: key times query; `axis`: of the softmax; `whole`: heads not put back; `bare`: without
    the last projection.
    """
    import torch

    d, h = arguments
    x, mask = (torch.tensor(part) for part in inputs)
    x.requires_grad_()
    matrices = {name: torch.tensor(value).requires_grad_() for name, value in parameters.items()}
    query, key, value = (
        (x @ matrices[f"{name}.weight"].T).unflatten(-1, (h, -1)).transpose(1, 2)
        for name in NAMES[:3]
    )
    logits = query @ key.transpose(-1, -2) / np.sqrt(d / h if scale is None else scale)
    logits = logits.transpose(-1, -2) if turned else logits
    keys = mask[:, None, None, :].expand(logits.shape)
    allowed = {
        "queries": keys.transpose(-1, -2),
        "both": keys & keys.transpose(-1, -2),
        "inverted": ~keys,
    }.get(use, keys)
    if use not in ("none", "after"):
        logits = logits.masked_fill(allowed if use == "before" else ~allowed, -1e30)
    weights = logits.softmax(dim=axis)
    if use not in ("none", "unhidden"):
        weights = weights * allowed
    mixed = weights @ value
    mixed = mixed.reshape(x.shape) if whole else mixed.transpose(1, 2).flatten(2)
    output = mixed if bare else mixed @ matrices["output.weight"].T
    (output * torch.tensor(probe)).sum().backward()
    leaves = matrices | {"x": x}
    gradients = {name: leaf.grad.numpy() for name, leaf in leaves.items() if leaf.grad is not None}
    return output.detach().numpy(), weights.detach().numpy(), gradients


INVERTED = "The mask is the wrong way round: True means a real token."
FILLED = (
    "The mask is the wrong way round: True means a real token. `masked_fill` fills where its mask "
    "is True: `~mask`."
)
MISTAKES = (
    ({"use": "none"}, "The mask does nothing: filling is attended to."),
    ({"use": "inverted"}, INVERTED),
    ({"use": "before"}, FILLED),
    ({"use": "queries"}, "The mask hides rows; it should hide columns, the keys that are filling."),
    ({"use": "both"}, "Only keys are hidden; leave the rows of filling as they come."),
    ({"use": "after"}, "Weights are hidden after the softmax, so rows no longer sum to 1."),
    ({"use": "unhidden"}, "In a text of nothing but filling all weights should be 0."),
    ({"scale": 1}, "The logits are not divided by √d_head."),
    ({"turned": True}, "The logits are transposed: query times key, not key times query."),
    ({"axis": -2}, "The softmax runs over the queries; each row should sum to 1."),
)
OUTPUT_MISTAKES = (
    ({"bare": True}, "The last projection, `self.output`, is missing."),
    ({"whole": True}, "Put the heads of a token beside one another: `.transpose(1, 2)` first."),
)


def _judge_attention(cases, values):
    for case, value in zip(cases, values, strict=True):
        (d, h), parameters, (_, mask), _ = case
        outputs, gradients = read_run(value, parameters, "`MendedAttention`")
        output, weights, expected = _reference(*case)
        shapes = output.shape, weights.shape
        pair = read_pair(
            outputs, "`forward`", later("the output"), later("the weights"), shapes=shapes
        )
        if has_nan(pair[1], weights.shape) and not mask.any(axis=1).all():
            raise Wrong("A text of nothing but filling gives NaN; its weights should be 0.")
        read_array(pair[0], "The output", shape=output.shape)
        told = [(_reference(*case, **mistake)[1], text) for mistake, text in MISTAKES]
        if h > 1:
            for scale, text in (
                (d, "Divided by √d_model; a head has d_model / h features."),
                ((d / h) ** 2, "Divided by d_head, not by its root."),
            ):
                told.append((_reference(*case, scale=scale)[1], text))
        swapped = np.swapaxes(weights, -1, -2)
        told.append((swapped, "The weights are transposed: query times key, not key times query."))
        compare(
            pair[1],
            weights,
            say("The weights of {h} heads, texts {lengths}", h=h, lengths=mask.sum(1).tolist()),
            told,
        )
        told = [(_reference(*case, **mistake)[0], text) for mistake, text in OUTPUT_MISTAKES]
        compare(pair[0], output, say("The output of {h} heads", h=h), told)
        compare_gradients(gradients, expected, "The output")


def _predictors(rng):
    """Make functions of texts, some of which see the order of the words, and texts for them."""
    order = rng.permutation(6)
    while (order == np.argsort(order)).all():  # its own inverse would hide a confusion of the two
        order = rng.permutation(6)
    while True:
        texts = rng.integers(1, 9, size=(6, 6))
        table, places = rng.normal(size=(9, 6)), rng.normal(size=(6, 6))
        change = PlacePredictor(table, places)(texts[:, order])
        change = np.abs(change - PlacePredictor(table, places)(texts))
        # Half the sum of the changes is the largest where one class alone rises or falls.
        if change.sum(axis=1).max() / 2 > 1.05 * change.max():
            break
    # The largest change stands last, so that looking at the first text or class is not enough.
    text, label = np.unravel_index(change.argmax(), change.shape)
    texts = np.roll(texts, -1 - text, axis=0)
    table, places = (np.roll(array, -1 - label, axis=1) for array in (table, places))
    return [
        (BagPredictor(table), texts, order),
        (PlacePredictor(table, places), texts, order),
        (PlacePredictor(table, places), texts, np.arange(6)),
        # The way back: what rose falls, so that a sign that was forgotten shows.
        (PlacePredictor(table, places), texts[:, order], np.argsort(order)),
    ]


class BagPredictor:
    """Probabilities from the words alone."""

    def __init__(self, table):
        self.table = table

    def __call__(self, texts):
        """Return (count, classes) for (count, n) texts."""
        return _shares(self.table[np.asarray(texts)].mean(axis=1))


class PlacePredictor(BagPredictor):
    """Probabilities from the words and where they stand."""

    def __init__(self, table, places):
        super().__init__(table)
        self.places = places

    def __call__(self, texts):
        """Return (count, classes) for (count, n) texts."""
        told = (self.table[np.asarray(texts)] * self.places).sum(axis=1)
        return _shares(told / np.sqrt(len(self.places)))


def _shares(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _judge_order(cases, values):
    expected, mistakes = [], []
    for predict, texts, order in cases:
        before, after = predict(texts), predict(texts[:, order])
        change = np.abs(after - before)
        absolute = "Take the absolute change of each answer: a fall counts as well."
        told = [
            ((after - before).max(), absolute),
            ((before - after).max(), absolute),
            (change.mean(), "That is the mean change; the largest is asked for."),
            (change.sum(), "That is the sum of all changes; the largest is asked for."),
            (change.sum(axis=1).max() / 2, "That is a total variation; take the largest change."),
            (change[0].max(), "All texts count, not only the first."),
            (change[:, 0].max(), "All classes count, not only the first."),
            (
                np.abs(predict(texts[order]) - before).max(),
                "Change the order of the words, not of the texts: `texts[:, order]`.",
            ),
            (
                np.abs(predict(texts[:, np.argsort(order)]) - before).max(),
                "The other way: place j gets the word that stood at `order[j]`.",
            ),
        ]
        expected.append(change.max())
        mistakes.append(told)
    compare_numbers(values, expected, "The largest change", mistakes)


def _words_to_hide(rng):
    # Six classes: of two or three, the largest change would be half the sum of all.
    table, places = rng.normal(size=(9, 6)), rng.normal(size=(6, 6))
    table[0] = 0  # the filling says nothing
    text = rng.permutation(np.arange(1, 9))[:6]
    return [
        (PlacePredictor(table, places), text),
        (PlacePredictor(table, places[:4]), text[:4]),
        (PlacePredictor(table, places[:1]), text[:1]),
        (PlacePredictor(table, places), text[[0, 1, 0, 2, 1, 3]]),  # words may repeat
    ]


def _judge_hiding(cases, values):
    for (predict, text), value in zip(cases, values, strict=True):
        hidden = np.where(np.eye(len(text), dtype=bool), 0, text)
        moved = predict(hidden) - predict(text[None])
        answer = predict(text[None])[0].argmax()
        alone = np.where(np.eye(len(text), dtype=bool), text, 0)
        more_and_more = np.where(np.tri(len(text), dtype=bool), 0, text)
        every = np.where(text == text[:, None], 0, text)
        mistakes = [
            (
                _variation(predict(more_and_more), predict(text[None])),
                "Words hidden before are still hidden: take a fresh copy for each.",
            ),
            (
                _variation(predict(every), predict(text[None])),
                "Hide the word at one place only, also if it stands elsewhere as well.",
            ),
            (moved.sum(axis=1) / 2, "Without absolute values the differences add up to 0."),
            (np.abs(moved).sum(axis=1), "Take half the sum: total variation is at most 1."),
            (np.abs(moved).max(axis=1), "Total variation is half the sum of all the differences."),
            (np.abs(moved).mean(axis=1), "Take half the sum, not the mean over the classes."),
            (np.abs(moved[:, answer]), "Compare the whole answers, not one class only."),
            (-moved[:, answer], "Compare the whole answers, not one class only."),
            (
                _variation(predict(alone), predict(text[None])),
                "All the other words are hidden; hide one at a time.",
            ),
        ]
        what = say("The changes for {count} words", count=len(text))
        compare(value, np.abs(moved).sum(axis=1) / 2, what, mistakes)


def _variation(first, second):
    return np.abs(first - second).sum(axis=1) / 2


def _alignments(rng):
    cases = []
    for n_query, n_key in ((7, 7), (4, 7), (5, 9), (6, 4)):
        weights = rng.dirichlet(np.ones(n_key), size=n_query)
        right = rng.random((n_query, n_key)) < 0.5
        right[1] = False  # nothing to point at
        # The largest weights of the first and the last row are right, the smallest are not.
        for row, is_right in ((0, True), (-1, True), (2, False)):
            right[row] = np.arange(n_key) % 2 == 0
            right[row, weights[row].argmax()], right[row, weights[row].argmin()] = (
                is_right,
                not is_right,
            )
        cases.append((weights, right))
    sure = np.eye(3)[[1, 2, 0]]
    return [*cases, (sure, sure > 0), (sure, np.eye(3) > 0)]


def _judge_pointing(cases, values):
    expected, mistakes = [], []
    for weights, right in cases:
        best = weights.argmax(axis=1)
        hits = right[np.arange(len(right)), best]
        asked = right.any(axis=1)
        column = right[weights.argmax(axis=0), np.arange(right.shape[1])]
        told = [
            (hits.mean(), "Rows without a right key are counted; leave them out."),
            (hits.sum(), "That is a number of rows; divide by how many have a right key."),
            (
                right[np.arange(len(right)), weights.argmin(axis=1)][asked].mean(),
                "That asks where the *smallest* weight is.",
            ),
            (
                (weights * right).sum(axis=1)[asked].mean(),
                "That is the weight on the right keys; ask only where the largest weight is.",
            ),
            ((weights * right).sum() / len(weights), "That is a mean weight; count the rows."),
            (
                column[right.any(axis=0)].mean(),
                "That takes the largest weight of each key; a row is a query.",
            ),
        ]
        expected.append(hits[asked].mean())
        mistakes.append(told)
    compare_numbers(values, expected, "The share", mistakes)


def _judge_uniform(cases, values):
    from course_lib.chapters.runs import load_runs

    runs = load_runs("opinions")
    shares = {model: found["negated"] for model, found in runs.items()}
    apart = shares["attention"] - shares["uniform attention"]
    mistakes = [
        (-apart.mean(), "The sign: learned attention minus uniform attention."),
        (
            (runs["attention"]["all"] - runs["uniform attention"]["all"]).mean(),
            'That is the difference on all texts; the negated ones are "negated".',
        ),
        (apart[0], "That is one seed alone, or the median; take the mean over the seeds."),
        (np.median(apart), "That is the median; take the mean over the seeds."),
        (apart.sum(), "That is the sum over the seeds; take their mean."),
        (
            (
                runs["attention"]["unseen combinations"]
                - runs["uniform attention"]["unseen combinations"]
            ).mean(),
            'That is the difference on unseen pairs; the negated texts are "negated".',
        ),
        (100 * apart.mean(), "Leave it a share, from 0 to 1; this is in percent."),
        (apart.std(), "That is the spread of the difference; its mean is asked for."),
        ((shares["attention"] - shares["no positions"]).mean(), "That is without positions."),
        ((shares["attention"] - shares["bag of words"]).mean(), "That is the bag of words."),
    ]
    compare_number(values[0], apart.mean(), "`advantage`", mistakes, within=1e-3)


CHECKS = {
    "nlp-1": Check(judge=_judge_spread, call=read_value),
    "nlp-2": Check(inputs=_sizes, judge=_judge_parameters),
    "nlp-3": Check(inputs=_texts_with_filling, judge=_judge_attention, call=run_module),
    "nlp-4": Check(judge=_judge_uniform, call=read_value),
    "nlp-5": Check(inputs=_predictors, judge=_judge_order),
    "nlp-6": Check(inputs=_words_to_hide, judge=_judge_hiding),
    "nlp-7": Check(inputs=_alignments, judge=_judge_pointing),
}
