"""Judged texts in a few arrays: what a file keeps of a contest. NumPy only."""

import numpy as np

from course_lib.explain.tournament import PAIRS, JudgedText
from course_lib.models import packing


def pack(texts):
    """Return the arrays that hold a list of `JudgedText`."""
    first = texts[0]
    joined = {
        "tokens": np.array([token for text in texts for token in text.tokens]),
        "special": np.concatenate([text.special for text in texts]),
        "drops": np.concatenate([text.drops for text in texts]).astype(np.float32),
    }
    others = [np.stack(list(text.other_drops.values())) for text in texts]
    scores = [np.stack([text.scores[name] for name in first.scores]) for text in texts]
    graphs = [[text.matrices[name].ravel() for name in first.matrices] for text in texts]
    pairs = np.full((len(texts), PAIRS, 2), -1, dtype=np.int8)  # short texts have fewer
    pair_drops = np.zeros((len(texts), PAIRS), dtype=np.float32)
    for row, drops, text in zip(pairs, pair_drops, texts, strict=True):
        row[: len(text.pairs)], drops[: len(text.pairs)] = text.pairs, text.pair_drops
    return {
        "lengths": np.array([len(text.tokens) for text in texts]),
        "groups": np.array([text.group for text in texts]),
        "answers": np.array([text.answer for text in texts]),
        **joined,
        "ways": np.array(list(first.other_drops)),
        "other_drops": np.concatenate(others, axis=1).astype(np.float32),
        "methods": np.array(list(first.scores)),
        "scores": np.concatenate(scores, axis=1).astype(np.float32),
        "graphs": np.array(list(first.matrices)),
        "matrices": packing.half(np.concatenate([np.stack(each) for each in graphs], axis=1)),
        "pairs": pairs,
        "pair_drops": pair_drops,
        "orders": np.array(list(first.deletion), dtype=str),
        "deletion": _curves([text.deletion for text in texts]),
        "insertion": _curves([text.insertion for text in texts]),
    }


def _curves(told):
    return np.array([list(curves.values()) for curves in told], dtype=np.float32)


def unpack(arrays):
    """Return the list of `JudgedText` that `pack` put into arrays."""
    lengths = arrays["lengths"]
    ends = np.cumsum(lengths)[:-1]
    square_ends = np.cumsum(lengths**2)[:-1]
    scores = np.split(arrays["scores"].astype(np.float64), ends, axis=1)
    flat = np.split(arrays["matrices"].astype(np.float64), square_ends, axis=1)
    others = np.split(arrays["other_drops"], ends, axis=1)
    by_token = (np.split(arrays[part], ends) for part in ("tokens", "special", "drops"))
    texts = []
    for place, (n, tokens, special, drops) in enumerate(zip(lengths, *by_token, strict=True)):
        matrices = flat[place].reshape(-1, n, n)
        real = arrays["pairs"][place, :, 0] >= 0
        texts.append(
            JudgedText(
                tokens.tolist(),
                str(arrays["answers"][place]),
                str(arrays["groups"][place]),
                special,
                drops.astype(np.float64),
                dict(zip(arrays["methods"].tolist(), scores[place], strict=True)),
                dict(zip(arrays["graphs"].tolist(), _rows(matrices), strict=True)),
                arrays["pairs"][place][real].astype(np.int64),
                arrays["pair_drops"][place][real].astype(np.float64),
                _named(arrays, "deletion", place),
                _named(arrays, "insertion", place),
                dict(zip(arrays["ways"].tolist(), others[place].astype(np.float64), strict=True)),
            )
        )
    return texts


def _rows(matrices):
    """Divide rows by their sums; rows of zeros stay."""
    sums = matrices.sum(axis=-1, keepdims=True)
    return matrices / np.where(sums > 0, sums, 1)


def _named(arrays, curves, place):
    names = arrays["orders"].tolist()
    return dict(zip(names, arrays[curves][place].astype(np.float64), strict=True))
