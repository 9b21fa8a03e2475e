"""What the exercises of chapter 14 are posed on: layers, gradients, texts, scores, differences."""

import numpy as np

from course_lib._waiting import tries
from course_lib.attention import softmax
from course_lib.chapters.ch06_nlp.predictors import LATE, MANY_WORDS, draw_predictor
from course_lib.chapters.ch14_explain.layers import Layer
from course_lib.exercises.particular import twice

SHORTEST = 0.09  # so long is each output, says the text: who divides by a little more is right


def draw_layer(rng, weights, d, *, share=1.0, bends=False):
    """Return a random `Layer` and values for it; `share` is the size of what goes past it."""
    n = len(weights)
    x, values = rng.normal(size=(2, n, d))
    matrix = rng.normal(size=(d, d)) / np.sqrt(d)
    return Layer(weights, share * x, matrix, bends=bends), values


def layer_of(rng, n, d):
    """Make a layer of n tokens, with d features and values for it."""
    for _ in tries("a layer whose outputs are long enough"):
        layer, values = draw_layer(rng, softmax(rng.normal(size=(n, n))), d)
        without = [layer(np.where(one, 0, values)) for one in np.eye(n)[..., None]]
        if np.linalg.norm([layer(values), *without], axis=-1).min() > 2 * SHORTEST:
            return layer, values


def layers(rng):
    """Make layers of several sizes: sharp and flat ones, with tokens that nobody attends to."""
    n, d = (int(size) for size in rng.integers((4, 3), (7, 6)))
    unseen = softmax(rng.normal(size=(4, 4)))
    unseen[:, 2] = 0
    alone, value = draw_layer(rng, np.ones((1, 1)), 3, share=0.2)
    alone.x -= 0.4 * value @ alone.matrix  # without its value, the output points the other way
    short, brief = draw_layer(rng, softmax(rng.normal(size=(3, 3))), 3)
    scale = SHORTEST / np.linalg.norm(short(brief), axis=1).min()
    short.x *= scale  # short outputs turn as far as long ones
    # Each token sees itself only, and its values are far smaller than those before it.
    alone_each, tiny = draw_layer(rng, np.eye(3), 4)
    sizes = np.array([[1.0], [1e-5], [1e-9]])
    alone_each.x, alone_each.matrix = 1e9 * sizes * alone_each.x, 1e9 * alone_each.matrix
    # Two tokens, and vectors of a single number: an output can only keep its sign or change it.
    single, numbers = draw_layer(rng, np.array([[0.5, 0.5], [0.25, 0.75]]), 1)
    numbers[:] = single.matrix / abs(single.matrix) ** 2
    single.x[:] = [[-0.8], [-0.6]]
    flat = Layer(np.full((3, 3), 1 / 3), rng.permutation([[3.0, 0], [0, 3], [2, -2]]), np.eye(2))
    return [
        (short, scale * brief),
        (single, numbers),
        (flat, rng.uniform(-1, 1, size=(3, 2))),
        draw_layer(rng, softmax(rng.normal(size=(n, n))), d, bends=True),
        (alone_each, sizes * tiny),
        draw_layer(rng, softmax(rng.normal(size=(5, 5))), 5, share=0.3),
        draw_layer(rng, softmax(rng.normal(size=(5, 5))), 5, share=0.3),
        draw_layer(rng, softmax(4 * rng.normal(size=(3, 3))), 4, share=3.0),
        draw_layer(rng, unseen / unseen.sum(axis=1, keepdims=True), 3),
        (alone, value),
    ]


def with_gradients_of(rng, h, n):
    """Make weights of two layers of so many heads and tokens, with gradients."""
    weights = softmax(2 * rng.normal(size=(2, h, n, n)))
    return weights, rng.normal(size=weights.shape)


def particular_with_gradients(weights):
    """Make two heads that are the same, with gradients of both signs and some of 0."""
    heads = twice(weights)[None]
    return heads, 3 * (0.5 - heads) * [[0], [1], [1], [1]]


def with_gradients(rng):
    """Make weights of several layers and heads, with gradients of both signs, small and large."""
    drawn = rng.integers((4, 5, 3), (7, 9, 6), (2, 3)).tolist()
    cases = []
    for depth, h, n in ((2, 3, 3), (3, 1, 4), (1, 3, 2), (2, 2, 1), *drawn):
        weights = softmax(2 * rng.normal(size=(depth, h, n, n)))
        cases.append((weights, 10 ** rng.uniform(-1, 1) * rng.normal(size=weights.shape)))
    cases[3] = cases[3][0], np.abs(cases[3][1])  # a single token that speaks for itself
    faint = softmax(rng.normal(size=(2, 1, 3, 3)))
    cases.append((faint, 5e-5 * np.abs(rng.normal(size=faint.shape))))
    large = softmax(rng.normal(size=(2, 2, 3, 3)))
    cases.append((large, 20 * rng.normal(size=large.shape)))
    # So large that nothing may be cut off; and weights that are nearly the same.
    drawn = rng.normal(size=(2, 2, 3, 3))
    largest = 300 * rng.normal(size=drawn.shape)
    cases += [(softmax(drawn).round(3), largest), (softmax(drawn).round(3) + 3e-4, largest)]
    against = softmax(rng.normal(size=(2, 2, 3, 3)))
    cases.append((against, -np.abs(rng.normal(size=against.shape))))  # nothing speaks for it
    # Two heads whose gradients are opposite: their mean is nothing, that of the positive parts not.
    alike = softmax(rng.normal(size=(2, 1, 3, 3))).repeat(2, axis=1)
    gradients = rng.normal(size=(2, 1, 3, 3))
    cases.append((alike, np.concatenate([gradients, -gradients], axis=1)))
    return cases


def clear_winner(predict, text, by=1e-3):
    """Tell whether one class is likelier than any other, and stays apart from them."""
    second, first = np.sort(predict(text[None])[0])[-2:]
    return first - second > by


def deletion_of(rng, n, classes):
    """Make a function of texts, a text of which one class is the likeliest, and an order."""
    for _ in tries("a text of which one class is the likeliest"):
        predict = draw_predictor(rng, n, classes, words=MANY_WORDS)
        text = rng.integers(LATE, MANY_WORDS, size=n)
        if clear_winner(predict, text):
            return predict, text, rng.permutation(n)


def deletions(rng):
    """Make functions of texts, a text for each, and the order in which its words are hidden."""
    sizes = ((6, 4), (5, 2), (1, 3), (4, 3), (2, 3), (3, 3), *rng.integers((4, 3), (9, 6), (2, 2)))
    cases = []
    for n, classes in sizes:
        for _ in tries("a text of which one class is the likeliest, and another one later"):
            predict, text = draw_predictor(rng, n, classes), rng.integers(1, 9, size=n)
            order = rng.permutation(n)
            answers = predict(emptied(text, order)).argmax(axis=1)
            own_inverse = n > 3 and (order == np.argsort(order)).all()
            turns = n < 4 or _another_leads(predict(emptied(text, order)))
            if clear_winner(predict, text) and turns and not own_inverse and answers[0] > 0:
                break
        cases.append((predict, text, order))
    # A word twice, and a place that holds padding already.
    for _ in tries("a text of which one class is the likeliest"):
        predict, text = draw_predictor(rng, 5, 3), np.array([4, 0, 2, 4, 7])
        if clear_winner(predict, text):
            return [*cases, (predict, text, rng.permutation(5)), deletion_of(rng, 12, 3)]


def _another_leads(answers):
    """Tell whether another class than the first winner is ahead on the way, and on average."""
    first = answers[0].argmax()
    on_average = answers.mean(axis=0).argmax() != first and answers[:, first].min() < 0.1
    return on_average and (answers[1:-1].argmax(axis=1) != first).any()


def emptied(text, order):
    """Return the texts (n + 1, n) with none, one, two and at last all words hidden."""
    texts = np.tile(text, (len(text) + 1, 1))
    for count, place in enumerate(order, start=1):
        texts[count:, place] = 0
    return texts


def apart(scores, by=1e-6):
    """Tell whether on the other texts of each text one candidate is best, and no other as good."""
    others = (scores.sum(axis=1, keepdims=True) - scores) / (scores.shape[1] - 1)
    first_two = np.sort(others, axis=0)[-2:]
    return len(scores) == 1 or bool((first_two[-1] - first_two[0] > by).all())


def first_turned(scores):
    """Return the scores with those of the first text in another order."""
    return np.column_stack([scores[::-1, 0], scores[:, 1:]])


def candidates_of(rng, count, texts):
    """Make scores of so many candidates, of which one is always the best."""
    return (_tell_apart(lambda: rng.uniform(-1, 1, size=(count, texts))),)


def candidates(rng):
    """Make scores of candidates on texts: equally good ones, one that is best, a single one."""
    sizes = [(5, 3), (2, 2), (1, 4), (3, 4), rng.integers((7, 5), (11, 9))]
    cases = [_tell_apart(lambda size=size: rng.uniform(-1, 1, size=size)) for size in sizes]
    best = rng.normal(0, 0.1, size=(9, 7))
    best[rng.integers(6, 9)] += 0.5
    # One candidate leads thanks to a single text: chosen on the others, it is not chosen there. The
    # second time it nearly is, so that a tenth of its score on this text would be too much.
    lucky = np.array([[0.9, 0.1, 0.1, 0.12], [0.2, 0.3, 0.29, 0.31]])[:, rng.permutation(4)]
    hardly = np.array([[0.9, 0.28, 0.29, 0.3], [0.2, 0.31, 0.3, 0.31]])[:, rng.permutation(4)]
    below = _tell_apart(lambda: -rng.uniform(0.1, 0.9, size=(4, 6)))
    # One is a little above 0 everywhere; the other is better, but not everywhere.
    steady = np.array([[0.1, 0.12, 0.11, 0.13], [0.9, -0.1, 0.8, -0.05]])
    close = np.array([[0.5, 0.501, 0.499], [0.503, 0.502, 0.504]])  # alike to two digits
    small = 1e-4 * np.array([[1, 1.3, 0.7], [1.3, 1.2, 1.1]])  # alike to four decimals
    rivals = _rivals(rng, bold_wins=True), _rivals(rng, bold_wins=False)
    tiny = small.copy() / 4
    cases += [best, lucky, hardly, below, steady, close, small, tiny, *rivals]
    return [(scores,) for scores in cases if apart(scores)]


def _rivals(rng, *, bold_wins, texts=100, by=0.0075):
    """Return scores (2, texts): one steady, one with few outliers; one is a little better."""
    steady = 0.01 * rng.normal(size=texts)
    bold = (0.65 if bold_wins else -0.65) * (rng.permutation(texts) < 0.3 * texts)
    pair = np.stack([bold - bold.mean(), steady - steady.mean()])
    pair[0 if bold_wins else 1] += by
    return 0.3 + (pair[::-1] if bold_wins else pair)  # the better is not the first, as of ties


def _tell_apart(draw):
    for _ in tries("scores of which one is always the best"):
        scores = draw()
        if apart(scores):
            return scores


def differences_of(rng, texts, shuffles):
    """Make differences of so many texts, and signs for them."""
    return rng.normal(0.3, 0.5, size=texts), rng.choice([-1, 1], size=(shuffles, texts))


def hardly_by_luck():
    """Return differences and so many signs that a share of them can be very small."""
    return np.array([0.5, 0.4]), np.tile([1, -1], (12_000, 1))


def differences(rng):
    """Make differences of texts and signs: large, small and none, and with ties."""
    cases = []
    for count, shuffles, shift in ((8, 99, 0.3), (12, 49, -0.6), (5, 19, 0.0), (9, 199, -0.2)):
        drawn = rng.normal(shift, 0.5, size=count)
        cases.append((drawn, rng.choice([-1, 1], size=(shuffles, count))))
    every = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T  # all signs there are: many ties
    cases.append((rng.permutation([0.1, 0.2, 0.3, 0.4]), every))
    cases.append((np.full(10, 0.7), rng.choice([-1, 1], size=(30, 10))))  # none as large, or nearly
    cases.append((np.zeros(4), rng.choice([-1, 1], size=(6, 4))))
    cases.append((rng.normal(size=3), np.ones((1, 3), dtype=int)))
    cases.append((np.array([0.5, 0.25]), np.array([[1, -1], [-1, -1]])))
    cases.append((np.array([0.5]), np.array([[-1]])))
    cases.append((1e-6 * rng.normal(0.3, 1, size=7), rng.choice([-1, 1], size=(40, 7))))
    # Without the last, nearly as large, but not quite; then short by 1.5e-9, and by 8e-10.
    for third, last in ((0.3, 0.0002), (0.3, 3e-9), (0.3, 1.6e-9), (0.3 + 2e-9, 1.6e-9)):
        near = np.array([0.5, 0.4, third, last])
        cases.append((near, np.array([[1, 1, 1, -1], [-1, -1, -1, 1], [1, -1, 1, 1]])))
    cases.append((near[::-1].copy(), cases[-1][1]))  # the same numbers
    one_end = np.array([[1, 1, -1, 1], [1, 1, -1, -1], [1, -1, 1, 1]])
    cases += [(near, one_end), (near * [1, 1, 0, 1], one_end)]
    cases.append(hardly_by_luck())
    for _ in tries("ties that rounding breaks"):
        tenths, signs = rng.integers(-7, 8, size=11) / 10, rng.choice([-1, 1], size=(20, 11))
        short = abs(tenths.mean()) - np.abs((signs * tenths).mean(axis=1))
        short_sums = abs(tenths.sum()) - np.abs(signs @ tenths)
        if all(((s > 0) & (s < 1e-9)).any() for s in (short, short_sums)):
            return [*cases, (tenths, signs)]
