"""The recorded experiments that `causal_explorer` shows: heads switched off, singly and in sets."""

import re
from collections.abc import Mapping

import numpy as np

from course_lib import _validate
from course_lib.language import say
from course_lib.widgets.causal.packing import packed_losses

WAYS = ("zero", "mean")
ORDER = ("induction", "like_induction", "induction_3", "previous", "like_previous", "random")
DRAW = re.compile(r"(.+)_\d+")  # such as random_3, the fourth of several draws


def sent_effects(effects, shape):
    """Return the traits that hold the effects of switching heads off; see `causal_explorer`."""
    if effects is None:
        return {}
    if not isinstance(effects, Mapping):
        raise TypeError(f"effects must be a dict of arrays, got {type(effects).__name__}")
    none = _array(effects, "losses.none", ndim=2)
    sequences, count = none.shape
    singles = [_array(effects, f"losses.{way}", shape=(*shape, sequences, count)) for way in WAYS]
    sets = _sets(effects, shape, none.shape)
    second = (count + 1) // 2 - 1  # the first loss of the second copy
    curves = [none, *(single.reshape(-1, *none.shape) for single in singles)]
    curves = np.concatenate([np.mean(each, axis=-2).reshape(-1, count) for each in curves])
    most = max(float(curves.max()), *(max(map(np.max, s["curves"])) for s in sets), 1e-9)
    return {
        "loss_curves": packed_losses(curves, most),
        "most_loss": most,
        "copy_losses": curves[:, second:].mean(axis=-1).astype("<f4").tobytes(),
        "positions": count,
        "sets": [_sent_set(one, second) for one in sets],
    }


def _array(effects, name, **shape):
    if name not in effects:
        raise ValueError(f"effects must hold {name!r}, got {_validate.shown(list(effects))}")
    array = _validate.real_array(effects[name], f"effects[{name!r}]", **shape)
    if array.min() < 0:
        raise ValueError(f"effects[{name!r}] must not be negative, got {array.min():.6g}")
    return array


def _sets(effects, shape, each):
    """Return the recorded sets in their order; draws of the same kind are one set of many."""
    found = {}
    for key in effects:
        if not isinstance(key, str) or not key.startswith("set."):
            continue
        name = key.removeprefix("set.")
        heads = _validate.as_numpy(effects[key], f"effects[{key!r}]")
        if heads.ndim not in (2, 3) or heads.shape[-1] != 2 or heads.size == 0:
            raise ValueError(f"effects[{key!r}] must be pairs (layer, head), got {heads.shape}")
        if (heads < 0).any() or (heads >= shape).any():
            raise ValueError(f"effects[{key!r}] must be heads of {shape}, got {heads.tolist()}")
        draws = heads.shape[:-2]
        losses = [
            _array(effects, f"losses.{way}.{name}", shape=(*draws, *each)).reshape(-1, *each)
            for way in WAYS
        ]
        drawn = DRAW.fullmatch(name)
        kind = drawn[1] if drawn and f"set.{drawn[1]}_0" in effects else name
        one = found.setdefault(kind, {"name": kind, "heads": [], "losses": [[], []]})
        one["heads"] += heads.reshape(-1, *heads.shape[-2:]).tolist()
        for way, drawn_losses in zip(one["losses"], losses, strict=True):
            way += list(drawn_losses)
    for one in found.values():
        one["losses"] = np.array(one["losses"])  # ways, draws, sequences, positions
        one["curves"] = one["losses"].mean(axis=(1, 2))
    known = [found.pop(name) for name in ORDER if name in found]
    return [*known, *found.values()]


def _sent_set(one, second):
    """Return what the browser gets of a set: `losses` by way and draw, a curve by way."""
    return {
        "title": _title(one["name"], len(one["heads"][0])),
        "heads": one["heads"],
        "losses": one["losses"][..., second:].mean(axis=(-2, -1)).round(6).tolist(),
        "curves": one["curves"].round(3).tolist(),
    }


def _title(name, count):
    """Return what a set of `course_lib.data.load_head_effects` is called."""
    titles = {
        "induction": say("the {count} best induction heads", count=count),
        "previous": say("the {count} best previous-token heads", count=count),
        "like": say("{count} others in the same layers", count=count),
        "random": say("{count} random heads", count=count),
    }
    return titles.get(name.split("_")[0], name)
