"""Weights in little room, and files that are written whole or not at all."""

import io
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

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
    return {"weights": _codes(weights) if small else _half(weights)} | arrays


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


def _half(weights):
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

    def fill(file):
        with zipfile.ZipFile(file, "w") as archive:
            for key, array in arrays.items():
                content = io.BytesIO()
                np.lib.format.write_array(content, array, allow_pickle=False)
                member = zipfile.ZipInfo(f"{key}.npy", date_time=(1980, 1, 1, 0, 0, 0))
                archive.writestr(member, content.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)

    write_whole(path, fill)


def write_whole(path, fill):
    """Write a file that appears whole or not at all; ``fill(file)`` writes its bytes.

    It is made beside its place under another name, and moved there when it is complete.
    """
    path = Path(path).absolute()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            fill(file)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:  # an interrupt too: nothing half-written stays
        Path(name).unlink(missing_ok=True)
        raise


def _umask():
    """Return what a new file may not be; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
