"""Answers to the exercises of chapter 14 as people write them, rightly and wrongly."""

from decimal import Decimal
from fractions import Fraction
from functools import reduce
from itertools import pairwise

import numpy as np
import pandas as pd
import scipy
import sympy
import torch

from course_lib.explain import METHODS, gradient_rollout
from course_lib.nn.explain import leave_one_out
from tests.support.answers import nearly


def hide_at_once(predict, text):
    hidden = np.where(np.eye(len(text), dtype=bool), 0, text)
    return np.abs(predict(hidden) - predict(text[None])).sum(axis=1) / 2


def hide_by_torch(predict, text):
    hidden = torch.tensor(text).repeat(len(text), 1)
    hidden.fill_diagonal_(0)
    moved = torch.tensor(predict(hidden)) - torch.tensor(predict(text[None]))
    return 0.5 * moved.abs().sum(-1)


def hide_by_rise(predict, text):
    # of two distributions, the total rise is half the sum of all changes
    hidden = np.where(np.eye(len(text), dtype=bool), 0, text)
    return (predict(hidden) - predict(text[None])).clip(min=0).sum(axis=1)


def half(after, before):
    return np.abs(after - before).sum(axis=1) / 2


def hide_with(distance, hidden=None):
    def answer(predict, text):
        eye = np.eye(len(text), dtype=bool)
        texts = np.where(eye, 0, text) if hidden is None else hidden(text, eye)
        return distance(predict(texts), predict(text[None]))

    return answer


def hide_one_by_one(predict, text):
    answer = predict(text[None])[0]
    for place in range(len(text)):
        hidden = list(text)
        hidden[place] = 0
        yield sum(map(abs, predict(np.array([hidden]))[0] - answer)) / 2


def hide_and_put_back(predict, text):
    before, changes = predict(text[None]), []
    for place, word in enumerate(text.tolist()):
        text[place] = 0
        changes.append(0.5 * np.linalg.norm((predict(text[None]) - before)[0], ord=1))
        text[place] = word
    return changes


def hide_for_good(predict, text):
    before, changes = predict(text[None]), []
    for place in range(len(text)):
        hidden = text
        hidden[place] = 0
        changes.append(half(predict(hidden[None]), before)[0])
    return changes


def hide_by_library(predict, text):
    def model(tokens):
        return torch.tensor(predict(tokens.numpy())).log()

    return leave_one_out(model, torch.tensor(text)[None])[0]


def zero_with(measure, change=None):
    """Return an answer to explain-3 with a measure of its own, or that changes other values."""

    def answer(layer, values):
        n = len(values)
        whole = layer(values)
        found = np.zeros((n, n))
        for j in range(n):
            other = values.copy()
            (change or (lambda v, j: v.__setitem__(j, 0)))(other, j)
            found[:, j] = measure(whole, layer(other))
        return found

    return answer


def turned(a, b):
    return 1 - (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def turned_at_least(a, b, least):
    """The lengths are made large enough to divide by."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return 1 - (a * b).sum(1) / np.maximum(lengths, least)


def turned_safely(a, b):
    """A little is added to what is divided by, although no output is zero."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return 1 - (a * b).sum(1) / (lengths + 1e-8)


def zero_by_scipy(layer, values):
    whole, rows = layer(values), np.arange(len(values))[:, None]
    columns = []
    for j in range(len(values)):
        other = layer(values * (rows != j))
        pairs = zip(whole, other, strict=True)
        columns.append([scipy.spatial.distance.cosine(a, b) for a, b in pairs])
    return np.transpose(columns).tolist()


def zero_by_torch(layer, values):
    whole = torch.tensor(layer(values))
    columns = []
    for j in range(len(values)):
        other = torch.tensor(values)
        other[j] = 0
        changed = torch.tensor(layer(other.numpy()))
        columns.append(1 - torch.cosine_similarity(whole, changed, dim=1))
    return torch.stack(columns, dim=1)


def zero_by_units(layer, values):
    """Half the squared distance of unit vectors is 1 minus their cosine."""

    def unit(rows):
        return rows / np.linalg.norm(rows, axis=-1, keepdims=True)

    hidden = values * (1 - np.eye(len(values)))[:, :, None]
    outputs = np.array([layer(v) for v in hidden])
    return (np.square(unit(outputs) - unit(layer(values))).sum(-1) / 2).T


def zero_by_einsum(layer, values):
    eye = np.eye(len(values), dtype=bool)
    a, b = layer(values), np.stack([layer(np.where(e[:, None], 0.0, values)) for e in eye])
    norms = np.einsum("id,id->i", a, a)[:, None] * np.einsum("jid,jid->ij", b, b)
    return 1 - np.einsum("id,jid->ij", a, b) / np.sqrt(norms)


def zero_in_place(layer, values):
    whole, columns = layer(values), []
    for j in range(len(values)):
        kept = values[j].copy()
        values[j] = 0
        columns.append(turned(whole, layer(values)))
        values[j] = kept
    return np.column_stack(columns)


def zero_for_good(layer, values):
    whole, columns = layer(values), []
    for j in range(len(values)):
        other = values
        other[j] = 0
        columns.append(turned(whole, layer(other)))
    return np.column_stack(columns)


def zero_then(change):
    return lambda layer, values: change(zero_by_units(layer, values))


def rollout_by(matrix_of, step=lambda total, matrix: total + matrix @ total, *, begin=np.eye):
    """Return an answer to explain-4 with another matrix of a layer, or another step."""

    def answer(weights, gradients):
        total = begin(weights.shape[-1])
        for a, g in zip(weights, gradients, strict=True):
            total = step(total, matrix_of(a, g))
        return total

    return answer


def positive(a, g):
    return (a * g).clip(min=0).mean(axis=0)


def rollout_by_product(weights, gradients):
    """(I + last) ... (I + first)."""
    eye = np.eye(weights.shape[-1])
    matrices = np.maximum(weights * gradients, 0).mean(axis=1)
    return reduce(lambda total, m: (eye + m) @ total, matrices, eye)


def rollout_by_relu(weights, gradients):
    weights, gradients = torch.tensor(weights), torch.tensor(gradients)
    total = torch.eye(weights.shape[-1], dtype=weights.dtype)
    for matrix in torch.relu(weights * gradients).mean(dim=1):
        total = total + matrix @ total
    return total


def rollout_by_where(weights, gradients):
    matrices = np.where(gradients > 0, weights * gradients, 0).sum(axis=1) / weights.shape[1]
    total = np.identity(weights.shape[-1])
    for k in range(len(matrices)):
        total += np.einsum("ik,kj->ij", matrices[k], total)
    return total


def rollout_by_multi_dot(weights, gradients):
    eye = np.eye(weights.shape[-1])
    factors = [eye + positive(a, g) for a, g in zip(weights, gradients, strict=True)][::-1]
    return np.linalg.multi_dot([eye, *factors, eye])


def rollout_by_halves(weights, gradients):
    """The positive part as half of the sum and the size."""
    product = weights * gradients
    matrices = ((product + abs(product)) / 2).mean(axis=1)
    total = np.eye(weights.shape[-1])
    for matrix in matrices:
        total = total + matrix.dot(total)
    return total


def rollout_in_place(weights, gradients):
    gradients[gradients < 0] = 0
    weights *= gradients
    total = np.eye(weights.shape[-1])
    for matrix in weights.mean(axis=1):
        total += matrix @ total
    return total


def shares(matrix):
    return matrix / matrix.sum(axis=1, keepdims=True)


def rollout_then(change):
    return lambda weights, gradients: change(rollout_by_product(weights, gradients))


def curve(predict, text, order):
    answers, left = [predict(text[None])[0]], text.copy()
    for place in order:
        left[place] = 0
        answers.append(predict(left[None])[0])
    return np.array(answers)


def area_by(follow, area=None):
    """Return an answer to explain-5 that follows something of its own, or measures another area."""
    area = area or (lambda y: np.trapezoid(y, dx=1 / (len(y) - 1)))
    return lambda *case: area(follow(curve(*case)))


def followed(answers):
    return answers[:, answers[0].argmax()]


def area_at_once(predict, text, order):
    rank = np.argsort(order)
    texts = np.where(rank < np.arange(len(text) + 1)[:, None], 0, text)
    y = followed(predict(texts))
    return (y.sum() - (y[0] + y[-1]) / 2) / len(text)


def area_by_torch(predict, text, order):
    y = torch.tensor(followed(curve(predict, text, order)))
    return torch.trapezoid(y, dx=1 / len(text))


def area_by_weights(predict, text, order):
    y = followed(curve(predict, text, order))
    weights = np.ones(len(y))
    weights[[0, -1]] = 0.5
    return np.average(y[: len(weights)], weights=weights)


def area_by_pandas(predict, text, order):
    y = pd.Series(followed(curve(predict, text, order)))
    return y.rolling(2).mean().dropna().mean()


def middle(y):
    """The mean height of the pieces: of a single point there is none."""
    return np.mean((y[1:] + y[:-1]) / 2) if len(y) > 1 else np.nan


def area_without_copy(predict, text, order):
    left, texts = text, [text.copy()]
    for place in order:
        left[place] = 0
        texts.append(left.copy())
    return middle(followed(predict(np.array(texts))))


def area_then(change):
    return lambda *case: change(area_at_once(*case))


def keeping_none(predict, text, order):
    """Hide one word at a time, and put it back."""
    answers = [predict(text[None])[0]]
    for place in order:
        other = text.copy()
        other[place] = 0
        answers.append(predict(other[None])[0])
    return np.array(answers)


def inserting(predict, text, order):
    """Begin with nothing, and bring the words back in the same order."""
    shown, answers = np.zeros_like(text), []
    followed_class = predict(text[None])[0].argmax()
    for place in [None, *order]:
        if place is not None:
            shown[place] = text[place]
        answers.append(predict(shown[None])[0][followed_class])
    return np.trapezoid(answers, dx=1 / len(text))


def mended(choose):
    """Return an answer to explain-6: the mean of what `choose` takes, from all but one text."""

    def answer(scores):
        taken = [scores[choose(np.delete(scores, k, axis=1)), k] for k in range(scores.shape[1])]
        return np.mean(taken)

    return answer


def best(others):
    return others.mean(axis=1).argmax()


def best_at_once(scores):
    others = scores.sum(axis=1)[:, None] - scores
    return np.take_along_axis(scores, others.argmax(axis=0)[None], axis=0).mean()


def best_by_mask(scores):
    texts = scores.shape[1]
    kept = ~np.eye(texts, dtype=bool)
    return np.mean(
        [
            scores[np.average(scores, axis=1, weights=1.0 * kept[k]).argmax(), k]
            for k in range(texts)
        ]
    )


def best_by_torch(scores):
    scores = torch.tensor(scores)
    others = scores.sum(1, keepdim=True) - scores
    return scores.gather(0, others.argmax(0, keepdim=True)).mean()


def best_by_pandas(scores):
    frame = pd.DataFrame(scores)
    return pd.Series(
        {k: frame.loc[frame.drop(columns=k).mean(axis=1).idxmax(), k] for k in frame}
    ).mean()


def best_by_lists(scores):
    rows, total = scores.tolist(), 0
    for k in range(len(rows[0])):
        total += max(rows, key=lambda row: sum(row[:k]) + sum(row[k + 1 :]))[k]
    return total / len(rows[0])


def best_by_matrix(scores):
    n = scores.shape[1]
    others = scores @ (np.ones((n, n)) - np.eye(n))
    chosen = np.eye(len(scores))[others.argmax(axis=0)].T
    return (chosen * scores).sum() / n


def best_by_blanks(scores):
    """Blank the text that is judged, and forget to put it back."""
    taken = []
    for k, own in enumerate(scores.T.copy()):
        scores[:, k] = 0
        taken.append(own[scores.sum(axis=1).argmax()])
        scores[:, k] = own.mean()
    return np.mean(taken)


def best_then(change):
    return lambda scores: change(best_at_once(scores))


def p_by(extreme, count=lambda beyond, draws: (1 + beyond) / (1 + draws)):
    """Return an answer to explain-7: what is as extreme as what was measured, and how it counts."""

    def answer(differences, signs):
        means = (signs * differences).mean(axis=1)
        return count(int(extreme(means, differences.mean()).sum()), len(signs))

    return answer


def as_large(means, measured):
    return abs(means) >= abs(measured) - 1e-9


def p_by_loop(differences, signs):
    beyond = 1
    for row in signs:
        beyond += abs(sum(row * differences)) / len(row) > abs(differences.mean()) - 1e-9
    return beyond / (len(signs) + 1)


def p_by_product(differences, signs):
    null = np.abs(signs @ differences) / len(differences)
    return (np.count_nonzero(null + 1e-9 >= abs(np.mean(differences))) + 1) / (null.size + 1)


def p_by_torch(differences, signs):
    differences, signs = torch.tensor(differences), torch.tensor(signs)
    null = (signs * differences).mean(1).abs()
    return (1 + (null >= differences.mean().abs() - 1e-9).sum()) / (1 + len(signs))


def p_by_appending(differences, signs):
    """The measured one is a row of signs like the others."""
    every = np.vstack([signs, np.ones_like(signs[:1])])
    null = np.abs((every * differences).mean(axis=1))
    return (null >= null[-1] - 1e-9).mean()


def p_by_squares(differences, signs):
    null, measured = (signs * differences).mean(axis=1), differences.mean()
    return (1 + (np.abs(null) - np.abs(measured) > -1e-9).sum()) / (1 + len(null))


def p_by_frames(differences, signs):
    null = pd.DataFrame(signs).mul(differences, axis=1).mean(axis=1).abs()
    return (null.ge(abs(differences.mean()) - 1e-9).sum() + 1) / (len(null) + 1)


def p_exact(differences, signs):
    beyond = sum(as_large((signs * differences).mean(axis=1), differences.mean()))
    return Fraction(1 + int(beyond), 1 + len(signs))


def p_of_sizes(differences, signs):
    drawn = abs(signs * differences).mean(axis=1)
    return (1 + (drawn >= abs(differences.mean()) - 1e-9).sum()) / (1 + len(signs))


def p_over_draws(differences, signs):
    drawn = abs((signs * differences).mean(axis=0))
    return (1 + (drawn >= abs(differences.mean()) - 1e-9).sum()) / (1 + len(signs))


def p_by_shares(differences, signs):
    differences /= len(differences)
    return (1 + (abs(signs @ differences) >= abs(differences.sum()) - 1e-9).sum()) / (
        1 + len(signs)
    )


def p_then(change):
    return lambda differences, signs: change(p_by_product(differences, signs))


def best_elsewhere_by(rule):
    def answer(scores):
        texts = range(scores.shape[1])
        return np.mean([scores[rule(np.delete(scores, k, axis=1)).argmax(), k] for k in texts])

    return answer


def best_with_a_share(share):
    """A part of the text's own score still counts where its candidate is chosen."""

    def answer(scores):
        known = scores.sum(axis=1, keepdims=True) - (1 - share) * scores
        return scores[known.argmax(axis=0), np.arange(scores.shape[1])].mean()

    return answer


def p_short_by(least):
    def answer(differences, signs):
        drawn = abs((signs * differences).mean(axis=1))
        return (1 + (drawn >= abs(differences.mean()) - least).sum()) / (1 + len(signs))

    return answer


def p_close(differences, signs):
    drawn, measured = abs((signs * differences).mean(axis=1)), abs(differences.mean())
    return (1 + ((drawn > measured) | np.isclose(drawn, measured)).sum()) / (1 + len(signs))


def p_by_sums(differences, signs):
    drawn = abs((signs * differences).sum(axis=1))
    return (1 + (drawn >= abs(differences.sum()) - 1e-9).sum()) / (1 + len(signs))


def positive_over_queries(a, g):
    """The mean over the wrong axis, where the shapes let it pass."""
    return (a * g).clip(0).mean(axis=1 if len(a) == a.shape[1] else 0)


RIGHT = {
    "explain-1": [
        hide_at_once,
        hide_by_torch,
        hide_by_rise,
        hide_one_by_one,
        hide_and_put_back,
        lambda predict, text: hide_at_once(predict, text).astype(np.float32),
        lambda predict, text: hide_at_once(predict, text).astype(np.float16),
        lambda predict, text: torch.tensor(hide_at_once(predict, text)).bfloat16(),
        lambda predict, text: hide_at_once(predict, text).astype(object),
        lambda predict, text: pd.Series(hide_at_once(predict, text)),
        lambda predict, text: tuple(map(Fraction, hide_at_once(predict, text))),
        lambda predict, text: (
            1
            - np.minimum(
                predict(np.where(np.eye(len(text)) > 0, 0, text)), predict(text[None])
            ).sum(axis=1)
        ),
    ],
    "explain-2": [
        (5, 0),
        [5.0, 0.0],
        np.array([5, 0]),
        torch.tensor([5.0, 0.0]),
        [Fraction(5), Fraction(0)],
        (Decimal("5"), Decimal("0.0")),
        np.array([5, 0], dtype=np.float16),
        pd.Series([5, 0]),
        (sympy.sqrt(25), sympy.Integer(0)),
        np.linalg.norm([[3, 4], [0, 0]], axis=1),
        np.array([5, 0], dtype=object),
        torch.tensor([5, 0], dtype=torch.bfloat16),
    ],
    "explain-3": [
        zero_with(turned),
        zero_by_scipy,
        zero_with(turned_safely),
        zero_by_torch,
        zero_by_units,
        zero_by_einsum,
        zero_in_place,
        zero_then(np.float32),
        zero_then(np.float16),
        zero_then(lambda found: torch.tensor(found).bfloat16()),
        zero_then(lambda found: pd.DataFrame(found)),
        zero_then(lambda found: found.astype(object)),
    ],
    "explain-4": [
        rollout_by(positive),
        rollout_by_product,
        rollout_in_place,
        rollout_by_relu,
        rollout_by_where,
        rollout_by_multi_dot,
        rollout_by_halves,
        rollout_by(lambda a, g: np.mean(a * g.clip(0), axis=0)),
        rollout_then(np.float32),
        rollout_then(np.float16),
        rollout_then(lambda total: torch.tensor(total).bfloat16()),
        rollout_then(lambda total: total.tolist()),
    ],
    "explain-5": [
        area_by(followed),
        area_at_once,
        area_by_torch,
        area_by_pandas,
        area_by(followed, lambda y: scipy.integrate.trapezoid(y) / (len(y) - 1)),
        area_by(followed, lambda y: np.mean([(a + b) / 2 for a, b in pairwise(y)])),
        area_by_weights,
        area_then(Fraction),
        area_then(np.float32),
        area_then(np.float16),
        area_then(lambda area: torch.tensor(area, dtype=torch.bfloat16)),
    ],
    "explain-6": [
        mended(best),
        best_at_once,
        best_by_mask,
        best_by_torch,
        best_by_pandas,
        best_by_lists,
        best_by_matrix,
        mended(lambda others: others.sum(axis=1).tolist().index(max(others.sum(axis=1)))),
        best_then(np.float16),
        best_then(Fraction),
        best_then(lambda mean: torch.tensor(mean).bfloat16()),
    ],
    "explain-7": [
        p_by_shares,
        p_by(as_large),
        p_by_loop,
        p_by_product,
        p_by_torch,
        p_by_appending,
        p_by_squares,
        p_by_frames,
        p_exact,
        p_then(np.float16),
        p_then(np.float32),
        p_then(lambda p: torch.tensor(p).bfloat16()),
    ],
    "explain-8": [
        "gradient rollout",
        "Gradient rollout",
        " gradient rollout ",
        "gradient rollout.",
        "'gradient rollout'",
        np.str_("gradient rollout"),
        np.array("gradient rollout"),
        np.array(["gradient rollout"]),
    ],
}

WRONG = {
    "explain-1": [
        (lambda predict, text: hide_at_once(predict, text.astype(np.uint8)), "not right yet"),
        (
            hide_with(lambda a, b: np.where(abs(a - b).sum(1) > 1e-3, half(a, b), 0)),
            "not right yet",
        ),
        (hide_with(lambda a, b: np.abs(a - b).sum(axis=1)), "half the sum"),
        (hide_with(lambda a, b: np.abs(a - b).max(axis=1)), "half the sum of all the differences"),
        (hide_with(lambda a, b: np.abs(a - b).mean(axis=1)), "not the mean"),
        (hide_with(lambda a, b: np.abs(a - b)[:, b[0].argmax()]), "not one class only"),
        (hide_with(lambda a, b: (b - a)[:, b[0].argmax()]), "not one class only"),
        (hide_with(half, lambda text, eye: np.where(eye, text, 0)), "All the other words"),
        (
            hide_with(half, lambda text, eye: np.where(np.tri(len(text)) > 0, 0, text)),
            "take a fresh copy",
        ),
        (hide_with(half, lambda text, eye: np.where(text == text[:, None], 0, text)), "one place"),
        (hide_with(lambda a, b: (a - b).sum(axis=1) / 2), "add up to 0"),
        (hide_with(lambda a, b: half(a, b).mean()), "shape"),
        (hide_by_library, "calls `course_lib.nn.explain.leave_one_out`"),
        (hide_with(half, lambda text, eye: np.where(eye, 1, text)), "not right yet"),
        (hide_with(half, lambda text, eye: np.roll(np.where(eye, 0, text), 1, 0)), "not right yet"),
        (
            hide_with(
                half,
                lambda text, eye: np.array([[*np.delete(text, k), 0] for k in range(len(text))]),
            ),
            "moved up",
        ),
        (
            hide_with(
                half, lambda text, eye: np.array([np.delete(text, k) for k in range(len(text))])
            ),
            "moved up",
        ),
        (hide_for_good, "Work on a copy"),
        (hide_with(lambda a, b: np.linalg.norm(a - b, axis=1) / 2), "not right yet"),
        (hide_with(lambda a, b: np.linalg.norm(a - b, axis=1)), "not right yet"),
        (hide_with(lambda a, b: (b * np.log(b / a)).sum(1)), "not right yet"),
        (hide_with(lambda a, b: half(a, b).round(1)), "not right yet"),
        (hide_with(lambda a, b: (a.argmax(1) != b.argmax()) * 1.0), "not right yet"),
        (hide_with(lambda a, b: half(a, b) / half(a, b).sum()), "not right yet"),
        (hide_with(lambda a, b: np.abs(a[:, :2] - b[:, :2]).sum(1) / 2), "not right yet"),
        (hide_with(lambda a, b: np.abs(a.max(1) - b.max())), "not right yet"),
        (hide_with(lambda a, b: np.where(half(a, b) > 0.01, half(a, b), 0)), "not right yet"),
        *nearly(hide_at_once, "objects"),
    ],
    "explain-2": [
        ((5.0001, 0), "not right yet"),
        ((5, 1e-4), "not right yet"),
        ((7, 3), "they may cancel"),
        ((2.5, 0), "that is their mean"),
        ((np.hypot(6, 16), 1), "by its weight"),
        ((25, 0), "take the root"),
        ((0.375 * np.hypot(6, 16), 0.625), "a weight of its own"),
        ((0.375, 0.625), "mean weights"),
        ((7, 0), "root of the sum of squares"),
        ((0, 5), "swapped"),
        ((1, 0), "divide by their sum"),
        (5, "should give 2 things"),
        ([[3, 4], [0, 0]], "shape"),
        ((5, 1), "not right yet"),
        ((5, 5), "not right yet"),
        ((-5, 0), "not right yet"),
        (("5", "0"), "array of numbers"),
    ],
    "explain-3": [
        (zero_with(lambda a, b: 1 - turned(a, b)), "That is the cosine"),
        (lambda *case: zero_by_units(*case).T, "transposed"),
        (
            zero_then(lambda found: found / found.sum(axis=1, keepdims=True)),
            ("no division", "not right yet"),
        ),
        (zero_with(lambda a, b: np.linalg.norm(a - b, axis=1)), "distance between outputs"),
        (
            zero_with(turned, lambda v, j: v.__setitem__(slice(j + 1), 0)),
            "still zero",
        ),
        (
            zero_with(turned, lambda v, j: v.__setitem__(np.arange(len(v)) != j, 0)),
            "All the other values",
        ),
        (zero_with(turned, lambda v, j: v.__setitem__(j, v.mean(axis=0))), "not right yet"),
        (zero_with(turned, lambda v, j: v.__setitem__(j, 1)), "not right yet"),
        *(
            (
                lambda layer, v, least=least: zero_by_units(layer, np.where(abs(v) < least, 0, v)),
                "not right yet",
            )
            for least in (1e-2, 1e-6)
        ),
        (
            zero_with(turned, lambda v, j: v.__setitem__((slice(None), j % 3), 0)),
            ("not right yet", "IndexError"),
        ),
        (zero_with(turned, lambda v, j: v.__setitem__(j, -v[j])), "not right yet"),
        (zero_with(turned, lambda v, j: v.__setitem__((j, 0), 0)), "not right yet"),
        (zero_with(lambda a, b: 1 - (a * b).sum(1)), "divide by the lengths of both"),
        (zero_with(lambda a, b: turned_at_least(a, b, 1e-2)), "not right yet"),
        (zero_for_good, "take a fresh copy for each"),
        (zero_with(lambda a, b: 1 - (a * b).sum(1) / (a * a).sum(1)), "not right yet"),
        (zero_with(lambda a, b: np.arccos(np.clip(1 - turned(a, b), -1, 1))), "not right yet"),
        (zero_with(lambda a, b: turned(a, b) / 2), "not right yet"),
        (zero_with(lambda a, b: 1 - abs(1 - turned(a, b))), "not right yet"),
        (
            zero_with(lambda a, b: turned(a - a.mean(1)[:, None], b - b.mean(1)[:, None])),
            "not right yet",
        ),
        (zero_with(lambda a, b: np.abs(a - b).sum(1) / 2), "not right yet"),
        (zero_then(lambda found: found - np.diag(np.diag(found))), "not right yet"),
        (zero_then(lambda found: found.mean(axis=0)), "shape"),
        (lambda layer, values: layer.weights, ("not right yet", "expected")),
        (lambda layer, values: layer.weights * np.linalg.norm(values, axis=1), "not right yet"),
    ],
    "explain-4": [
        (rollout_by(positive_over_queries), "not right yet"),
        (rollout_by(lambda a, g: (a * g).mean(0)), "Negative products"),
        (rollout_by(lambda a, g: (a * g).mean(0).clip(0)), "before the mean"),
        (rollout_by(lambda a, g: abs(a * g).mean(0)), "absolute value"),
        (rollout_by(lambda a, g: (a * g).clip(0).sum(0)), "not the sum"),
        (rollout_by(lambda a, g: g.clip(0).mean(0)), "by the weights"),
        (rollout_by(lambda a, g: a.mean(0)), "gradients are not used"),
        (lambda a, g: rollout_by(positive)(a[::-1], g[::-1]), "begin with the first"),
        (rollout_by(positive, lambda total, m: total + total @ m), "a later one stands left"),
        (rollout_by(positive, lambda total, m: m @ total), "residual connection"),
        (rollout_by(positive, lambda total, m: total + m), "only added"),
        (lambda a, g: rollout_by_product(a, g) - np.eye(a.shape[-1]), "identity"),
        (lambda a, g: rollout_by_product(a, g).T, "transposed"),
        (lambda a, g: rollout_by_product(a[-1:], g[-1:]), "not right yet"),
        (lambda a, g: rollout_by_product(a[:2], g[:2]), "not right yet"),
        (lambda a, g: rollout_by_product(a[:, :4], g[:, :4]), "not right yet"),
        (rollout_by(lambda a, g: (a * g).clip(0).max(0)), "not right yet"),
        (rollout_by(lambda a, g: (a.mean(0) * g.mean(0)).clip(0)), "not right yet"),
        (rollout_by(lambda a, g: (a * (g > 0)).mean(0)), "not right yet"),
        (rollout_by(lambda a, g: (-a * g).clip(0).mean(0)), "not right yet"),
        (
            rollout_by(positive, lambda total, m: (total + m @ total) / 2),
            "R is halved",
        ),
        (rollout_then(shares), "Leave the rows of R"),
        (rollout_by(positive, lambda total, m: shares(total + m @ total)), "Leave the rows of R"),
        (
            rollout_by(
                lambda a, g: (a * g).mean(0), lambda total, m: np.maximum(total + m @ total, 0)
            ),
            "in each head, not of R",
        ),
        (rollout_by(positive, begin=lambda n: np.zeros((n, n))), "not right yet"),
        (rollout_by(positive, begin=lambda n: np.ones((n, n))), "not right yet"),
        (rollout_then(lambda total: total.clip(max=3)), "not right yet"),
        (
            lambda a, g: gradient_rollout(a, g) + np.eye(a.shape[-1]),
            "which does the work",
        ),
        (rollout_by(lambda a, g: (a * g).clip(0, 1).mean(0)), "not right yet"),
        (rollout_by(lambda a, g: (a * g * (a * g > 1e-4)).mean(0)), "not right yet"),
        (
            rollout_by(positive, lambda total, m: total + m @ total * (len(m) > 1)),
            "not right yet",
        ),
        (rollout_then(lambda total: total[0]), "shape"),
        *nearly(RIGHT["explain-4"][0], "clipped", "two digits", "sorted", "first row", "last row"),
    ],
    "explain-5": [
        (
            lambda predict, text, order: RIGHT["explain-5"][0](
                predict, text.astype(np.int8), order
            ),
            "not right yet",
        ),
        (area_by(lambda a: 1 - followed(a)), "above the curve"),
        (area_by(followed, np.trapezoid), "divide by the number of words"),
        (area_by(followed, np.mean), "first and the last count half"),
        (area_by(followed, lambda y: y[1:].mean()), "no word hidden"),
        (area_by(followed, lambda y: y[:-1].mean()), "all words hidden"),
        (lambda p, t, o: area_at_once(p, t, o[::-1]), "reversed order"),
        (lambda p, t, o: area_at_once(p, t, np.argsort(o)), "holds places"),
        (
            lambda *case: np.trapezoid(followed(keeping_none(*case)), dx=1 / len(case[1])),
            "stay hidden",
        ),
        (area_by(lambda a: a.max(axis=1)), "Follow one class"),
        (area_by(lambda a: a[:, 0]), "likeliest before any word"),
        (inserting, "brought back in this one"),
        (area_by(lambda a: a[:, 1]), "not right yet"),
        (area_by(lambda a: a[:, a.mean(axis=0).argmax()]), "not right yet"),
        (area_by(lambda a: followed(a).clip(0.1)), "not right yet"),
        (area_by(lambda a: a.min(axis=1)), "not right yet"),
        (area_by(lambda a: followed(a) / followed(a)[0]), "not right yet"),
        (area_by(lambda a: np.minimum.accumulate(followed(a))), "not right yet"),
        (area_by(lambda a: followed(a)[0] - followed(a)), "not its fall"),
        (lambda *case: middle(followed(curve(*case))[1:]), "begins with no word"),
        (lambda *case: middle(followed(curve(*case)[1:])), "begins with no word"),
        (lambda *case: middle(followed(curve(*case))[:-1]), "ends with all words"),
        (area_without_copy, "Work on a copy"),
        (area_by(lambda a: np.abs(a - a[0]).sum(axis=1) / 2), "not right yet"),
        (area_by(followed, lambda y: np.trapezoid(y) / len(y)), "not right yet"),
        (
            area_by(followed, lambda y: scipy.integrate.simpson(y, dx=1 / (len(y) - 1))),
            "not right yet",
        ),
        (area_by(lambda a: np.sort(followed(a))[::-1]), "not right yet"),
        (area_by(followed, lambda y: y), "shape"),
        (lambda p, t, o: area_at_once(p, t, np.arange(len(t))), "not right yet"),
        (area_by(lambda a: a.argmax(axis=1) == a[0].argmax()), "not right yet"),
        *nearly(RIGHT["explain-5"][0], "objects"),
    ],
    "explain-6": [
        (mended(lambda others: others.mean(axis=1).round(3).argmax()), "not right yet"),
        (mended(lambda others: others.mean(axis=1).round(4).argmax()), "not right yet"),
        *(
            (
                best_elsewhere_by(lambda s, by=by: s.mean(axis=1) + by * s.std(axis=1)),
                "not right yet",
            )
            for by in (-0.3, -0.05, 0.05)
        ),
        (best_elsewhere_by(lambda s: scipy.stats.trim_mean(s, 0.15, axis=1)), "not right yet"),
        (best_elsewhere_by(lambda s: np.tanh(s / 2).mean(axis=1)), "not right yet"),
        (best_elsewhere_by(lambda s: s.mean(axis=1).round(2)), "not right yet"),
        (best_elsewhere_by(lambda s: s.round(2).mean(axis=1)), "not right yet"),
        (best_elsewhere_by(lambda s: (np.sign(s) * s**2).mean(axis=1)), "not right yet"),
        (best_elsewhere_by(lambda s: np.median(s, axis=1)), "not right yet"),
        (best_with_a_share(0.5), "not right yet"),
        (best_with_a_share(0.1), "not right yet"),
        (lambda scores: scores.max(axis=0).mean(), "on the very text"),
        (lambda scores: scores.mean(axis=1).max(), "leave it out"),
        (lambda scores: scores.mean(), "choose one"),
        (
            lambda scores: np.mean(
                [np.delete(scores, k, 1).mean(1).max() for k in range(scores.shape[1])]
            ),
            "take its score on this one",
        ),
        (mended(lambda others: others.mean(axis=1).argmin()), "worst candidate"),
        (mended(lambda others: 0), "not right yet"),
        (mended(lambda others: np.median(others, axis=1).argmax()), "not right yet"),
        (mended(lambda others: others.max(axis=1).argmax()), "not right yet"),
        (mended(lambda others: others.min(axis=1).argmax()), "not right yet"),
        (mended(lambda others: abs(others.mean(axis=1)).argmax()), "not right yet"),
        (mended(lambda others: others[:, 0].argmax()), "not right yet"),
        (mended(lambda others: others[:, -1].argmax()), "not right yet"),
        (
            lambda scores: np.median(
                [scores[best(np.delete(scores, k, 1)), k] for k in range(scores.shape[1])]
            ),
            "not right yet",
        ),
        (lambda scores: scores[best(scores[:, 1:]), 0], "not right yet"),
        (lambda scores: np.max(scores), "not right yet"),
        (lambda scores: np.median(scores), "not right yet"),
        (lambda scores: best_at_once(scores.T), "not right yet"),
        (lambda scores: np.round(best_at_once(scores), 2), "not right yet"),
        (
            lambda scores: scores[
                scores[:, : (scores.shape[1] + 1) // 2].mean(axis=1).argmax()
            ].mean(),
            ("not right yet", "chosen on all texts"),
        ),
        (lambda scores: scores.max(axis=0), "shape"),
        (best_by_blanks, "not right yet"),
        *nearly(
            RIGHT["explain-6"][0],
            "small results",
            "small inputs",
            "sorted",
            "first row",
            "last row",
        ),
    ],
    "explain-7": [
        (p_short_by(1e-12), "not right yet"),
        (p_short_by(1e-6), "not right yet"),
        (p_short_by(2e-9), "not right yet"),
        (p_by(lambda m, x: abs(m).round(9) >= abs(x).round(9)), "not right yet"),
        (p_close, "not right yet"),
        (p_by_sums, "not right yet"),
        (p_by(as_large, lambda beyond, draws: beyond / draws), "add 1 above and below"),
        (p_by(as_large, lambda beyond, draws: (1 + beyond) / draws), "Add 1 below"),
        (p_by(as_large, lambda beyond, draws: beyond / (1 + draws)), "Add 1 above"),
        (p_by(lambda m, x: m >= x - 1e-9), "Take absolute values"),
        (p_by(lambda m, x: m <= x + 1e-9), "Take absolute values"),
        (p_by(lambda m, x: abs(m) > abs(x) + 1e-9), "just as large"),
        (p_by(lambda m, x: abs(m) >= abs(x)), "Rounding breaks ties"),
        (p_by(lambda m, x: abs(m) >= abs(x) - 1e-3), "not right yet"),
        (p_by(lambda m, x: m**2 >= x**2 - 1e-9), "not right yet"),
        (p_then(lambda p: 1 - p), "smaller ones"),
        (p_by(as_large, lambda beyond, draws: 1 + beyond), "Divide by the number of draws"),
        (p_by(lambda m, x: abs(m) >= x - 1e-9), "absolute values of both"),
        (p_by(lambda m, x: m >= abs(x) - 1e-9), "absolute values of both"),
        (p_of_sizes, "its absolute value then"),
        (p_over_draws, "over the texts (axis 1)"),
        (p_then(lambda p: min(1, 2 * p)), "not right yet"),
        (p_then(lambda p: p / 2), "not right yet"),
        (p_by(as_large, lambda beyond, draws: (2 + beyond) / (2 + draws)), "not right yet"),
        (lambda d, s: scipy.stats.ttest_1samp(d, 0).pvalue, ("not right yet", "NaN")),
        (
            lambda d, s: (1 + (abs((s * d).sum(axis=1)) >= abs(d.mean())).sum()) / (1 + len(s)),
            "not right yet",
        ),
        (
            lambda d, s: (
                (1 + (abs(np.median(s * d, axis=1)) >= abs(np.median(d)) - 1e-9).sum())
                / (1 + len(s))
            ),
            "not right yet",
        ),
        (
            lambda d, s: (1 + (abs(s.mean(axis=1)) >= abs(d.mean()) - 1e-9).sum()) / (1 + len(s)),
            "not right yet",
        ),
        (p_by(lambda m, x: abs(m - m.mean()) >= abs(x) - 1e-9), "not right yet"),
        (lambda d, s: p_by_product(np.sign(d), s), "not right yet"),
        (lambda d, s: p_by_product(d, s[: len(s) // 2 + 1]), "not right yet"),
        (lambda d, s: 0.05, "not right yet"),
        (lambda d, s: (s * d).mean(axis=1), "shape"),
        *nearly(p_by_shares, "small results", "sorted", "last row"),
    ],
    "explain-8": [
        ("AttnLRP", "of AttnLRP"),
        ("Value Zeroing", "of Value Zeroing"),
        ("value-aware", "of value-aware is"),
        ("ALTI", "of ALTI"),
        ("rollout", "of rollout is"),
        ("length", "of length"),
        ("rollout from layer 1", "from layer 1"),
        ("mean of layers", "mean of layers"),
        ("gradients", "name of a method"),
        ("gradient_rollout", "name of a method"),
        (0.29, "name of a method"),
        (["gradient rollout", "AttnLRP"], "name of a method"),
        (14, "name of a method"),
        (METHODS, "name of a method"),
    ],
}
