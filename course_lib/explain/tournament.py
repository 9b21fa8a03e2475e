"""What explanations said of texts, and what happened when tokens were hidden. NumPy only."""

from typing import NamedTuple

import numpy as np

from course_lib import _validate
from course_lib.centrality import rank_correlation
from course_lib.explain.methods import SIGNED

SHARES = (0.2, 0.4, 0.6, 0.8)  # of the judged tokens that are hidden for a curve
PAIRS = 12  # of tokens, drawn for each text
CONTESTS = "minilm", "minilm first", "opinions", "smollm2", "smollm2 earlier"
JUDGE = "leave one out"  # how the curves call the order by the drops themselves


class JudgedText(NamedTuple):
    """One text with all explanations and the judge's measurements.

    Attributes
    ----------
    tokens : list of str
    answer : str
        The class or the next token that is explained; of a sentence vector, empty.
    group : str
        What kind of text it is, or which of several trained models was asked.
    special : numpy.ndarray of bool, shape (n,)
        ``[CLS]`` and ``[SEP]``; of the language model the first token, where its sink is.
    drops : numpy.ndarray, shape (n,)
        How far the answer falls without each token; see `load_tournament`. NaN for the last token
        of a causal model, which cannot be hidden from itself.
    scores : dict of str to numpy.ndarray, shape (n,)
        Method -> what it says of each token.
    matrices : dict of str to numpy.ndarray, shape (n, n)
        Method -> the graph that its scores come from; rows sum to 1.
    pairs, pair_drops : numpy.ndarray, shapes (p, 2) and (p,)
        Pairs of positions, and the drop without both.
    deletion, insertion : dict of str to numpy.ndarray, shape (shares,)
        Method -> the drop with its first tokens hidden, and with all but its first tokens hidden,
        for each of `SHARES`. Tokens that are not judged are never hidden, nor are ``[CLS]`` and
        ``[SEP]``. Besides all methods: "leave one out", the order by the drops, and of signed
        methods "AttnLRP, size" and so on, the order without signs. Empty where not recorded.
    other_drops : dict of str to numpy.ndarray, shape (n,)
        The drops of other judges: with a token "deleted" from the text, or "silenced", its values
        0 in every layer although it can still be attended to.
    """

    tokens: list
    answer: str
    group: str
    special: np.ndarray
    drops: np.ndarray
    scores: dict
    matrices: dict
    pairs: np.ndarray
    pair_drops: np.ndarray
    deletion: dict
    insertion: dict
    other_drops: dict


def agreement(text, method, *, special=True, signed=False, way="hidden"):
    """Return the rank correlation of a method's scores with the drops of a text.

    Parameters
    ----------
    text : JudgedText
    method : str
    special : bool, default True
        Whether special tokens take part.
    signed : bool, default False
        Whether a token that speaks against the answer ranks last. False: sizes are compared.
    way : {"hidden", "deleted", "silenced"}, default "hidden"
        Which judge is asked: how a token is taken away.

    Returns
    -------
    float
        From -1 to 1; 0 where a method gives all tokens the same score, so that it ranks nothing.

    Raises
    ------
    TypeError, ValueError
        If `text` is none, or there is no method called `method`.
    """
    _check(text, method)
    special = _validate.flag(special, "special")
    signed = _validate.flag(signed, "signed")
    way = _validate.choice(way, "way", ("hidden", *text.other_drops))
    drops = text.drops if way == "hidden" else text.other_drops[way]
    taken = ~np.isnan(drops) & (special | ~text.special)
    return _correlation(text.scores[method][taken], drops[taken], signed)


def pair_agreement(text, method):
    """Return the rank correlation of a method's sums over pairs with the drops without both.

    Parameters
    ----------
    text : JudgedText
    method : str

    Returns
    -------
    float
        Sums are of scores as they are; then sizes are compared.

    Raises
    ------
    TypeError, ValueError
        As for `agreement`.
    """
    _check(text, method)
    return _correlation(text.scores[method][text.pairs].sum(axis=1), text.pair_drops, False)


def area(curve):
    """Return the mean of a curve over the shares: for deletion, more is better.

    For insertion, less is better.

    Parameters
    ----------
    curve : array_like, shape (shares,)

    Returns
    -------
    float

    References
    ----------
    Petsiuk, Das and Saenko (2018), RISE: randomized input sampling for explanation of black-box
    models, section 4.3, there with the probability of a class and areas by trapezia.

    Examples
    --------
    >>> area([0.5, 1.0])
    0.75
    """
    return float(_validate.moderate_array(curve, "curve", ndim=1).mean())


def permutation_null(texts, rng, *, draws=1000, special=True):
    """Return mean agreements of random orders: what a method that knows nothing would reach.

    Parameters
    ----------
    texts : list of JudgedText
    rng : numpy.random.Generator
    draws : int, default 1000
    special : bool, default True
        As for `agreement`.

    Returns
    -------
    numpy.ndarray, shape (draws,)
        Each is the mean over the texts of the rank correlation of the drops with an order drawn
        at random for each text.

    Raises
    ------
    TypeError, ValueError
        If an argument is something else.
    """
    _validate.generator(rng, "rng")
    draws = _validate.integer(draws, "draws", low=1, high=100_000)
    special = _validate.flag(special, "special")
    total = np.zeros(draws)
    for text in _checked(texts):
        drops = text.drops[~np.isnan(text.drops) & (special | ~text.special)]
        orders = rng.permuted(np.tile(np.arange(len(drops)), (draws, 1)), axis=1)
        total += rank_correlation(orders, np.broadcast_to(np.abs(drops), orders.shape))
    return total / len(texts)


def paired(first, second, rng, *, draws=10_000):
    """Compare two methods text by text.

    Parameters
    ----------
    first, second : array_like, shape (texts,)
        What was measured of each, text by text.
    rng : numpy.random.Generator
    draws : int, default 10,000

    Returns
    -------
    mean, deviation : float
        Of the differences first - second; the sample deviation.
    wins : int
        In how many texts the first is larger.
    p : float
        How often random signs give the differences a mean as far from 0: the two-sided p-value
        of a permutation test.

    Raises
    ------
    TypeError, ValueError
        If the two differ in length or hold something else than numbers.

    References
    ----------
    Fisher (1935), The design of experiments, section 21.

    Examples
    --------
    >>> paired([2, 2, 4], [0, 1, 1], np.random.default_rng(0), draws=10)[:3]
    (2.0, 1.0, 3)
    """
    first = _validate.moderate_array(first, "first", ndim=1)
    second = _validate.moderate_array(second, "second", shape=first.shape)
    _validate.generator(rng, "rng")
    draws = _validate.integer(draws, "draws", low=1, high=1_000_000)
    if len(first) < 2:
        raise ValueError(f"first must hold two texts or more, got {len(first)}")
    apart = first - second
    turned = rng.choice([-1, 1], size=(draws, len(apart))) @ apart
    as_far = (np.abs(turned) >= np.abs(apart.sum()) - 1e-12).sum()
    p = float((as_far + 1) / (draws + 1))
    return float(apart.mean()), float(apart.std(ddof=1)), int((apart > 0).sum()), p


def _correlation(scores, drops, signed):
    if not signed:
        scores, drops = np.abs(scores), np.abs(drops)
    if np.ptp(scores) == 0 or np.ptp(drops) == 0:
        return 0.0
    return rank_correlation(scores, drops)


def _check(text, method):
    if not isinstance(text, JudgedText):
        raise TypeError(f"text must be a JudgedText, got {type(text).__name__}")
    _validate.choice(method, "method", tuple(text.scores))


def _checked(texts):
    if not isinstance(texts, list | tuple) or not texts:
        raise TypeError(f"texts must be a list of JudgedText, got {texts!r:.60}")
    for text in texts:
        if not isinstance(text, JudgedText):
            raise TypeError(f"texts must be a list of JudgedText, got {type(text).__name__} in it")
    return texts


def order(scores, judged, *, size=False):
    """Return the judged positions by their scores, the highest first; ties by position.

    Parameters
    ----------
    scores : array_like, shape (n,)
    judged : array_like of bool, shape (n,)
    size : bool, default False
        Whether signs are left out.

    Returns
    -------
    numpy.ndarray of int

    Raises
    ------
    TypeError, ValueError
        If an argument is something else.

    Examples
    --------
    >>> order([0.1, -5, 0.3, 9], [True, True, True, False])
    array([2, 0, 1])
    """
    scores = _validate.moderate_array(scores, "scores", ndim=1)
    judged = _validate.boolean_array(judged, "judged", shape=scores.shape)
    places = np.flatnonzero(judged)
    told = np.abs(scores) if _validate.flag(size, "size") else scores
    return places[np.argsort(-told[places], kind="stable")]


def orders(scores, drops, judged):
    """Return the order of each method, those of signed ones by size too, and the judge's own."""
    found = {name: order(values, judged) for name, values in scores.items()}
    found |= {f"{name}, size": order(scores[name], judged, size=True) for name in SIGNED}
    return found | {JUDGE: order(np.nan_to_num(drops), judged)}
