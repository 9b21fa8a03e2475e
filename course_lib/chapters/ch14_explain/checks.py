"""The checks of chapter 14: explanations and their judge."""

from functools import cache

import numpy as np

from course_lib._waiting import tries
from course_lib.chapters.ch06_nlp.predictors import LATE, MANY_WORDS, draw_predictor
from course_lib.chapters.ch14_explain import cases as posed
from course_lib.data import load_tournament
from course_lib.exercises.calling import call_keeping
from course_lib.exercises.exercise import Check, Wrong, read_value
from course_lib.exercises.judging import compare_all, read_array, read_choice, read_parts, same
from course_lib.exercises.particular import ORDINARY
from course_lib.exercises.rearranging import MIXED, changed, in_order, nudged, reordered, telling
from course_lib.exercises.sizing import Sizes
from course_lib.explain import METHODS, agreement, gradient_rollout
from course_lib.language import say

# explain-1 --------------------------------------------------------------------------------------


def _text_of(rng, n, classes):
    predict = draw_predictor(rng, n, classes, words=MANY_WORDS)
    return predict, rng.integers(LATE, MANY_WORDS, size=n)


def _words_to_hide(rng):
    """Make functions of texts with several classes, and a text for each."""
    n, classes = (int(size) for size in rng.integers((5, 3), (9, 7)))
    text = rng.permutation(np.arange(1, 9))
    for _ in tries("answers that turn round from one certain one to another"):
        certain, sure = draw_predictor(rng, n, classes), rng.integers(1, 9, size=n)
        certain.table[1:] += 40 * np.eye(classes)[rng.permutation(8) % classes]
        if np.abs(_moved(certain, sure)).sum(axis=1).max() > 1.98:
            break
    return [
        (draw_predictor(rng, 6, 6), text[:6]),
        (draw_predictor(rng, 4, 6), text[:4]),
        (draw_predictor(rng, 1, 6), text[:1]),
        (draw_predictor(rng, 2, 6), text[1:3]),
        (draw_predictor(rng, 6, 5), text[[0, 1, 0, 2, 1, 3]]),  # words may repeat
        (certain, sure),
        (draw_predictor(rng, 7, 3, scale=0.002), text[:7]),  # hardly moved
        (draw_predictor(rng, 5, 4, scale=2e-5), text[:5]),
        (draw_predictor(rng, 3, 3), np.array([0, *text[:2]])),  # and be hidden already
        _text_of(rng, 30, 3),
    ]


def _hidden_variation(hide):
    """Return a function of a case: the total variation if each word is hidden like this."""

    def found(predict, text):
        changed = np.stack([hide(text, place) for place in range(len(text))])
        return np.abs(predict(changed) - predict(text[None])).sum(axis=1) / 2

    return found


def _put(text, places, word):
    changed = text.copy()
    changed[places] = word
    return changed


def _moved(predict, text):
    hidden = np.where(np.eye(len(text), dtype=bool), 0, text)
    return predict(hidden) - predict(text[None])


def _answered(predict, text):
    return _moved(predict, text)[:, predict(text[None])[0].argmax()]


def _judge_hiding(cases, values):
    def size(*case):
        return np.abs(_moved(*case))

    one_class = "Compare the whole answers, not one class only."
    moved_up = "The words behind it have moved up: put 0 in its place instead."
    compare_all(
        lambda predict, text: say("The changes for {count} words", count=len(text)),
        cases,
        values,
        _hidden_variation(lambda text, place: _put(text, place, 0)),
        [
            (
                _hidden_variation(lambda text, place: _put(text, slice(place + 1), 0)),
                "Words hidden before are still hidden: take a fresh copy for each.",
            ),
            (
                _hidden_variation(lambda text, place: _put(text, text == text[place], 0)),
                "Hide the word at one place only, also if it stands elsewhere as well.",
            ),
            (
                _hidden_variation(lambda text, place: text * (np.arange(len(text)) == place)),
                "All the other words are hidden; hide one at a time.",
            ),
            (
                _hidden_variation(lambda text, place: np.append(np.delete(text, place), 0)),
                moved_up,
            ),
            (_hidden_variation(np.delete), moved_up),
            (
                lambda *case: _moved(*case).sum(axis=1) / 2,
                "Without absolute values the differences add up to 0.",
            ),
            (
                lambda *case: size(*case).sum(axis=1),
                "Take half the sum: total variation is at most 1.",
            ),
            (
                lambda *case: size(*case).max(axis=1),
                "Total variation is half the sum of all the differences.",
            ),
            (
                lambda *case: size(*case).mean(axis=1),
                "Take half the sum, not the mean over the classes.",
            ),
            (lambda *case: np.abs(_answered(*case)), one_class),
            (lambda *case: -_answered(*case), one_class),
        ],
    )


# explain-2 --------------------------------------------------------------------------------------

HEADS = np.array([[0.5, 0.5], [0.25, 0.75]])  # (h, key): the weights of one query
VECTORS = np.array([[[6, 0], [3, 0]], [[0, 16], [-2, 0]]])  # (h, key, 2): what each head would send


def _sizes(vectors):
    return tuple(np.linalg.norm(vectors, axis=-1).tolist())


def _judge_by_hand(cases, values):
    weighted = HEADS[..., None] * VECTORS
    right = tuple(round(size) for size in _sizes(weighted.sum(axis=0)))  # whole numbers
    mistakes = [
        (np.linalg.norm(weighted, axis=-1).sum(axis=0),
         "Add the vectors of the two heads first, and then take the size: they may cancel."),
        (_sizes(weighted.mean(axis=0)), "Add the heads up: that is their mean."),
        (_sizes(VECTORS.sum(axis=0)), "Multiply each vector by its weight before you add."),
        (np.square(right), "That is the square of the size: take the root."),
        (_sizes(HEADS.mean(axis=0)[:, None] * VECTORS.sum(axis=0)),
         "Each head has a weight of its own; do not take the mean weight."),
        (HEADS.mean(axis=0), "Those are mean weights; the vectors are not used."),
        (np.abs(weighted.sum(axis=0)).sum(axis=-1),
         "The size of (3, 4) is a length: the root of the sum of squares."),
        (right[::-1], "The two are swapped: key 0 comes first."),
        (np.array(right) / sum(right), "Leave the sizes as they are; do not divide by their sum."),
    ]  # fmt: skip
    parts = [read_parts(value, "`carried`", "key 0", "key 1") for value in values]
    got = [read_array(list(part), "`carried`", shape=(2,)) for part in parts]
    if not all(same(value, right) for value in got):
        for wrong, sentence in mistakes:
            if all(same(value, wrong) for value in got):
                raise Wrong(sentence)
        raise Wrong("`carried`: not right yet, got {got}.", got=got[0].tolist())


# explain-3 --------------------------------------------------------------------------------------


def _turned(outputs, zeroed):
    """Return 1 minus the cosine between each output (n, d) and what became of it (zeroed, n, d)."""
    cosines = (outputs * zeroed).sum(axis=-1)
    cosines = cosines / np.linalg.norm(outputs, axis=-1) / np.linalg.norm(zeroed, axis=-1)
    return 1 - cosines.T  # (n, zeroed)


def _without(layer, values, hidden):
    """Return outputs (n, n, d): entry j without the values that row j of `hidden` marks."""
    return np.stack([layer(np.where(row[:, None], 0, values)) for row in hidden])


def _zeroing(layer, values):
    return _turned(layer(values), _without(layer, values, np.eye(len(values), dtype=bool)))


def _shares(matrix):
    return matrix / matrix.sum(axis=1, keepdims=True)


def _judge_zeroing(cases, values):
    def apart(layer, values):
        eye = np.eye(len(values), dtype=bool)
        return layer(values), _without(layer, values, eye)

    def distance(layer, values):
        outputs, zeroed = apart(layer, values)
        return np.linalg.norm(zeroed - outputs, axis=-1).T

    def without_lengths(layer, values):
        outputs, zeroed = apart(layer, values)
        return 1 - (outputs * zeroed).sum(axis=-1).T

    def hidden(mask):
        return lambda layer, values: _turned(
            layer(values), _without(layer, values, mask(len(values)))
        )

    compare_all(
        lambda layer, values: say("The changes for {count} tokens", count=len(values)),
        cases,
        values,
        _zeroing,
        [
            (lambda *case: 1 - _zeroing(*case), "That is the cosine; take 1 minus it."),
            (
                lambda *case: _zeroing(*case).T,
                "The result is transposed: row i is an output, column j the zeroed value.",
            ),
            (lambda *case: _shares(_zeroing(*case)), "Leave the rows as they are: no division."),
            (distance, "That is the distance between outputs; take 1 minus their cosine."),
            (without_lengths, "For the cosine, divide by the lengths of both outputs."),
            (
                hidden(lambda n: np.tri(n, dtype=bool)),
                "Values zeroed before are still zero: take a fresh copy for each.",
            ),
            (
                hidden(lambda n: ~np.eye(n, dtype=bool)),
                "All the other values are zero; zero one at a time.",
            ),
        ],
    )


# explain-4 --------------------------------------------------------------------------------------


def _gradient_rollout(weights, gradients, *, of_layer=None, step=None):
    """Return the rollout of gradients, or one with another layer's matrix or another step."""
    total = np.eye(weights.shape[-1])
    for layer, its_gradients in zip(weights, gradients, strict=True):
        matrix = (of_layer or _positive)(layer, its_gradients)
        total = step(total, matrix) if step else total + matrix @ total
    return total


def _positive(weights, gradients):
    return (weights * gradients).clip(min=0).mean(axis=0)


def _judge_rollout(cases, values):
    def differs_in(**changes):
        return lambda weights, gradients: _gradient_rollout(weights, gradients, **changes)

    no_division = "Leave the rows of R as they are: do not divide by their sums."
    compare_all(
        lambda weights, gradients: say(
            "The rollout of {layers} layers with {heads} heads",
            layers=weights.shape[0],
            heads=weights.shape[1],
        ),
        cases,
        values,
        _gradient_rollout,
        [
            (
                differs_in(of_layer=lambda a, g: (a * g).mean(axis=0)),
                "Negative products are still there: take the positive part in each head.",
            ),
            (
                differs_in(of_layer=lambda a, g: (a * g).mean(axis=0).clip(min=0)),
                "Take the positive part in each head, before the mean: heads must not cancel.",
            ),
            (
                differs_in(of_layer=lambda a, g: np.abs(a * g).mean(axis=0)),
                "What speaks against the answer counts as much as what speaks for it: use the "
                "positive part, not the absolute value.",
            ),
            (
                differs_in(of_layer=lambda a, g: (a * g).clip(min=0).sum(axis=0)),
                "Take the mean over the heads, not the sum.",
            ),
            (
                differs_in(of_layer=lambda a, g: g.clip(min=0).mean(axis=0)),
                "Multiply the gradients by the weights.",
            ),
            (
                differs_in(of_layer=lambda a, g: a.mean(axis=0)),
                "The gradients are not used.",
            ),
            (
                lambda a, g: _gradient_rollout(a[::-1], g[::-1]),
                "The layers are in the wrong order: begin with the first; a later one stands left.",
            ),
            (
                differs_in(step=lambda total, matrix: matrix @ total),
                "What was there before is lost: add it, as the residual connection does.",
            ),
            (
                differs_in(step=lambda total, matrix: total + matrix),
                "The matrices are only added: multiply by what was there before.",
            ),
            (
                differs_in(
                    of_layer=lambda a, g: (a * g).mean(axis=0),
                    step=lambda total, matrix: (total + matrix @ total).clip(min=0),
                ),
                "Take the positive part of each product, in each head, not of R.",
            ),
            (
                differs_in(step=lambda total, matrix: (total + matrix @ total) / 2),
                "R is halved: add to it what the layer brings, and leave the sum as it is.",
            ),
            (differs_in(step=lambda total, matrix: _shares(total + matrix @ total)), no_division),
            (lambda a, g: _shares(_gradient_rollout(a, g)), no_division),
            (
                lambda a, g: _gradient_rollout(a, g) - np.eye(a.shape[-1]),
                "The identity that R begins with is missing in the result.",
            ),
            (
                lambda a, g: _gradient_rollout(a, g).T,
                "The result is transposed: rows are outputs.",
            ),
        ],
    )


# explain-5 --------------------------------------------------------------------------------------


def _curve(predict, text, order):
    """Return the probability of the first answer with 0, 1, ..., n words hidden."""
    answers = predict(posed.emptied(text, order))
    return answers[:, answers[0].argmax()]


def _area(curve):
    """Return the area under a curve; of a single point it has none."""
    return (curve[1:] + curve[:-1]).mean() / 2 if len(curve) > 1 else np.nan


def _judge_area(cases, values):
    def one_by_one(predict, text, order):
        answers = predict(np.stack([text, *np.where(np.eye(len(text)) > 0, 0, text)[order]]))
        return _area(answers[:, answers[0].argmax()])

    def shortened(part):
        def found(predict, text, order):
            answers = predict(posed.emptied(text, order))[part]
            return _area(answers[:, answers[0].argmax()])

        return found

    compare_all(
        lambda predict, text, order: say("The area for {count} words", count=len(text)),
        cases,
        values,
        lambda *case: _area(_curve(*case)),
        [
            (
                lambda *case: 1 - _area(_curve(*case)),
                "That is the area above the curve.",
            ),
            (
                lambda *case: _curve(*case)[0] - _area(_curve(*case)),
                "That is the area above the curve, up to where it begins: follow the probability, "
                "not its fall.",
            ),
            (
                lambda *case: _area(_curve(*case)) * len(case[1]),
                "The whole width is 1: divide by the number of words.",
            ),
            (
                lambda *case: _curve(*case).mean(),
                "That is the mean of the points; the first and the last count half.",
            ),
            (lambda *case: _curve(*case)[1:].mean(), "The curve begins with no word hidden."),
            (lambda *case: _curve(*case)[:-1].mean(), "The curve ends with all words hidden."),
            *(
                (first_left_out, "The curve begins with no word hidden.")
                for first_left_out in (
                    shortened(slice(1, None)),
                    lambda *case: _area(_curve(*case)[1:]),
                )
            ),
            (shortened(slice(-1)), "The curve ends with all words hidden."),
            (
                lambda predict, text, order: _area(_curve(predict, text, order[::-1])),
                "The words are hidden in the reversed order, or brought back in this one.",
            ),
            (
                lambda predict, text, order: _area(_curve(predict, text, np.argsort(order))),
                "`order` holds places: the word at `order[0]` is hidden first.",
            ),
            (one_by_one, "Words that were hidden before must stay hidden."),
            (
                lambda predict, text, order: _area(predict(posed.emptied(text, order)).max(axis=1)),
                "Follow one class: the one that was the likeliest before any word was hidden.",
            ),
            (
                lambda predict, text, order: _area(predict(posed.emptied(text, order))[:, 0]),
                "Follow the class that was the likeliest before any word was hidden.",
            ),
        ],
    )


# explain-6 --------------------------------------------------------------------------------------


def _chosen_elsewhere(scores):
    """Return the mean score of the candidate that is best on all other texts, text by text."""
    others = scores.sum(axis=1, keepdims=True) - scores
    return scores[others.argmax(axis=0), np.arange(scores.shape[1])].mean()


def _judge_choice(cases, values):
    compare_all(
        lambda scores: say(
            "The mean for {count} candidates and {texts} texts",
            count=scores.shape[0],
            texts=scores.shape[1],
        ),
        cases,
        values,
        _chosen_elsewhere,
        [
            (
                lambda scores: scores.max(axis=0).mean(),
                "The candidate is still chosen by its score on the very text.",
            ),
            (
                lambda scores: scores.mean(axis=1).max(),
                "The candidate is chosen on all texts, this one among them: leave it out.",
            ),
            (lambda scores: scores.mean(), "That is the mean of all candidates; choose one."),
            (
                lambda scores: np.mean(
                    [np.delete(scores, k, axis=1).mean(axis=1).max() for k in range(len(scores.T))]
                ),
                "That is the candidate's score on the other texts; take its score on this one.",
            ),
            (
                lambda scores: scores[
                    (np.sum(scores, axis=1, keepdims=True) - scores).argmin(axis=0),
                    np.arange(scores.shape[1]),
                ].mean(),
                "That takes the worst candidate of the other texts.",
            ),
        ],
    )


# explain-7 --------------------------------------------------------------------------------------

TIE = 1e-9  # as the text says: what falls short by less counts as equal


def _p_value(differences, signs, *, plus=1, look=np.abs, tie=TIE):
    means = look((signs * differences).mean(axis=1))
    count = (means >= look(differences.mean()) - tie).sum()
    return (plus + count) / (plus + len(signs))


def _judge_p_value(cases, values):
    def differs_in(**changes):
        return lambda differences, signs: _p_value(differences, signs, **changes)

    def one_sided(first, second):
        """Return a count in which only one of the two means is without its sign."""

        def found(differences, signs):
            drawn = first((signs * differences).mean(axis=1))
            return (1 + (drawn >= second(differences.mean()) - TIE).sum()) / (1 + len(signs))

        return found

    def over_draws(differences, signs):
        drawn = np.abs((signs * differences).mean(axis=0))
        return (1 + (drawn >= abs(differences.mean()) - TIE).sum()) / (1 + len(signs))

    def count(differences, signs):
        return round(_p_value(differences, signs) * (len(signs) + 1)) - 1

    compare_all(
        lambda differences, signs: say(
            "The p-value of {count} texts with {tried} rows of signs",
            count=len(differences),
            tried=len(signs),
        ),
        cases,
        values,
        _p_value,
        [
            (
                differs_in(plus=0),
                "Count what was measured as one of the draws: add 1 above and below.",
            ),
            (
                lambda d, s: (1 + count(d, s)) / len(s),
                "Add 1 below as well: what was measured is one draw more.",
            ),
            (
                lambda d, s: count(d, s) / (1 + len(s)),
                "Add 1 above as well: what was measured is as large as itself.",
            ),
            (differs_in(look=lambda mean: mean), "Take absolute values: either may be the better."),
            (
                differs_in(look=lambda mean: -mean),
                "Take absolute values: either may be the better.",
            ),
            *(
                (
                    one_sided(*pair),
                    "Take absolute values of both: the measured mean and each drawn.",
                )
                for pair in ((np.abs, float), (np.asarray, np.abs))
            ),
            (
                lambda d, s: 1.0,
                "Every draw counts: take the mean first and its absolute value then.",
            ),
            (over_draws, "Take the mean over the texts (axis 1): one for each draw."),
            (
                differs_in(tie=-TIE),
                "What is just as large counts too: at least as large, not larger.",
            ),
            (
                differs_in(tie=0),
                "Rounding breaks ties: what falls short by less than 1e-9 counts as equal.",
            ),
            (lambda d, s: 1 - _p_value(d, s), "That is the share of smaller ones."),
            (lambda d, s: 1 + count(d, s), "Divide by the number of draws."),
        ],
    )


# explain-8 --------------------------------------------------------------------------------------

CONTESTS = "minilm", "opinions", "smollm2"


@cache
def lowest_means():
    """Return the lowest of its three mean agreements with the judge, method by method."""
    tournament = [load_tournament(contest) for contest in CONTESTS]
    return {
        method: min(np.mean([agreement(text, method) for text in texts]) for texts in tournament)
        for method in METHODS
    }


def _judge_safest(cases, values):
    lowest = lowest_means()
    chosen = read_choice(values[0])
    named = {read_choice(method): method for method in METHODS}
    if not isinstance(chosen, str) or chosen not in named:
        raise Wrong("`safest` should be the name of a method, as the table has it.")
    method = named[chosen]
    if method != max(lowest, key=lowest.get):
        raise Wrong(
            "The lowest mean of {method} is {mean:.2f}; another method's lowest mean is higher.",
            method=method,
            mean=lowest[method],
        )


CHECKS = {
    "explain-1": Check(
        inputs=_words_to_hide,
        judge=_judge_hiding,
        call=call_keeping,
        without=("course_lib.nn.explain:leave_one_out",),
        sizes=Sizes(_text_of, (1, 2)),
    ),
    "explain-2": Check(judge=_judge_by_hand, call=read_value),
    "explain-3": Check(
        inputs=posed.layers,
        judge=_judge_zeroing,
        sizes=Sizes(posed.layer_of, (1, 3)),
    ),
    "explain-4": Check(
        inputs=posed.with_gradients,
        twins=MIXED + reordered(0) + nudged(0),
        judge=_judge_rollout,
        without=(gradient_rollout,),
        sizes=Sizes(posed.with_gradients_of, (1, 1)),
        particular=posed.particular_with_gradients,
    ),
    "explain-5": Check(
        inputs=posed.deletions,
        judge=_judge_area,
        call=call_keeping,
        sizes=Sizes(posed.deletion_of, (1, 2)),
    ),
    "explain-6": Check(
        inputs=posed.candidates,
        fits=posed.apart,
        twins=MIXED + changed(posed.first_turned, 0, shared=in_order),
        judge=_judge_choice,
        sizes=Sizes(posed.candidates_of, (1, 2)),
        particular=lambda weights: (weights,),
    ),
    "explain-7": Check(
        inputs=posed.differences,
        twins=telling(_p_value, MIXED + reordered(0)),
        judge=_judge_p_value,
        sizes=Sizes(posed.differences_of, (1, 1)),
        particular=lambda weights: (weights[0], np.sign(ORDINARY - 0.21).astype(int)),
    ),
    "explain-8": Check(judge=_judge_safest, call=read_value),
}
