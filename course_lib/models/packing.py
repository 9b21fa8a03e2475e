"""Weights in little room, and the files that hold them."""

import io
import zipfile
from pathlib import Path

import numpy as np

from course_lib._files import write_whole

CODES = 255  # the largest of the codes that a byte holds
BELOW = 0.25  # what code 0 means: a weight above 0 must not become 0


def pack(weights, *, small=False):
    """Return the arrays that hold attention weights (..., n_query, n_key) in little room.

    As float16 a weight is off by at most 1/2048 of itself, or by 3e-8 if it is below 6e-5. `small`
    stores round(255 w**(1/4)) in a byte instead: the fourth root of a weight is off by at most
    1/510, so 0.5 by 1 % of itself, 0.01 by 3 %, 0.0001 by 9 %. No weight above 0 becomes 0. Where
    nobody attends to a later position, only the lower triangles are kept, in which no weight may
    be 0 if `small`.

    Examples
    --------
    >>> weights = np.array([[[1, 0], [0.25, 0.75]]])
    >>> {name: array.shape for name, array in pack(weights).items()}
    {'weights': (1, 3), 'triangle': ()}
    >>> unpack(pack(weights))
    array([[[1.  , 0.  ],
            [0.25, 0.75]]])
    """
    arrays = {}
    n_query, n_key = weights.shape[-2:]
    if n_query == n_key and not np.triu(weights, 1).any():
        weights = weights[(..., *np.tril_indices(n_query))]
        arrays["triangle"] = np.array(n_query)
    return {"weights": _codes(weights) if small else half(weights)} | arrays


def unpack(arrays):
    """Return the weights, as float64, each row divided by its sum."""
    weights = arrays["weights"]
    if weights.dtype == np.uint8:
        weights = (np.where(weights == 0, BELOW, weights) / CODES) ** 4
    weights = weights.astype(np.float64)
    if "triangle" in arrays:
        n = int(arrays["triangle"])
        whole = np.zeros((*weights.shape[:-1], n, n))
        whole[(..., *np.tril_indices(n))] = weights
        weights = whole
    return weights / weights.sum(axis=-1, keepdims=True)


def half(weights):
    """Round to float16; what is above 0 stays so."""
    half = weights.astype(np.float16)
    return np.where((half == 0) & (weights > 0), np.finfo(np.float16).smallest_subnormal, half)


def _codes(weights):
    if not weights.min() > 0:
        raise ValueError("weights must be above 0 to be stored in bytes")
    return np.round(CODES * weights**0.25).astype(np.uint8)


def write(path, arrays):
    """Write named arrays as a compressed .npz whose bytes depend on nothing but the arrays.

    `numpy.savez_compressed` notes the time of writing; here every member bears the same date.
    """
    path, whole = in_a_folder(path), io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for key, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            member = zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(member, content.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    write_whole(path, whole.getvalue())


def in_a_folder(path):
    """Return the absolute path of a file whose folder is there."""
    path = Path(path).absolute()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")
    return path
